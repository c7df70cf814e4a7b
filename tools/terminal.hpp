#pragma once
/// \file
/// The terminal as a screen: drawn as a whole, and given back as it was, however the command ends.

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <termios.h>
#include <vector>

#include "tools/watch_text.hpp"

namespace neurotape::tools {

/// Some escape sequences and the modes of POSIX: a library for screens would bring more than is drawn here.
///
/// While it lives, signals that end, stop or resize are taken by `wait`, so that none of them leaves the terminal as it is
/// not. Threads: one; others begin after it was made.
class Terminal {
 public:
  enum class Event { none, quit, resized };

  /// Whether standard output is one that takes the sequences.
  static bool is_there();
  Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  /// Gives the terminal back. A signal that ends programs has its way then; Ctrl-C is a way to quit.
  ~Terminal();

  std::size_t columns() const noexcept { return columns_; }
  std::size_t rows() const noexcept { return rows_; }
  Charset charset() const noexcept { return charset_; }
  /// Lines are cut to the width, and to the height.
  void draw(const std::vector<ScreenLine>& lines);
  /// A line as `draw` shows it.
  std::string shown(const ScreenLine& line) const;
  /// Until a key, a signal, or the time is up. Keys other than `q` mean nothing.
  Event wait(std::chrono::milliseconds longest);
  /// Gives the screen back; what is printed then stays.
  void leave();

 private:
  void enter();
  void measure();
  Event take_key();
  Event take_signal();
  void stop();

  Charset charset_;
  std::size_t columns_ = 80, rows_ = 24;
  std::optional<termios> keys_;  ///< as they were; nothing where standard input is no terminal
  bool entered_ = false;
  int signals_ = -1;
  int ended_by_ = 0;
};

}  // namespace neurotape::tools
