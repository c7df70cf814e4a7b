#pragma once
/// \file
/// A look at a run as text: a line for each stream, or a screen.

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "tools/output.hpp"
#include "tools/screen_text.hpp"
#include "tools/table.hpp"

namespace neurotape::tools {

/// How a run has ended, as a sentence; `look` says that it has.
std::string end_text(const Json& look);

/// Lines of text, look after look, for files and pipes.
class WatchLines {
 public:
  std::string of(const Json& look);

 private:
  Table table_{{"time", "stream", ">rows", ">rows/s", ">raw/s", ">stored", ">ratio", ">lost", ">last"}};
};

struct ScreenLine {
  std::string text;
  bool is_title = false;
};

/// The screen, with a spark line for each stream of what it had last in each look.
class WatchScreen {
 public:
  /// Remembers what the spark lines show.
  void add(const Json& look);
  /// The newest look, in so many cells and lines; longer lines are for the terminal to cut.
  std::vector<ScreenLine> lines(std::size_t columns, std::size_t rows, Charset charset) const;

 private:
  static constexpr std::size_t kMostLooks = 120;  ///< more than any terminal has room for

  std::string head() const;
  std::string streams() const;
  std::string spark_line_of(const std::string& path, std::size_t cells, Charset charset) const;

  Json look_;
  std::size_t looks_ = 0;  ///< that are remembered
  std::map<std::string, std::deque<double>> history_;
};

}  // namespace neurotape::tools
