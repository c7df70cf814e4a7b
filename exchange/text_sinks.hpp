#pragma once
/// \file
/// Rows as CSV (RFC 4180, with lines that end in LF) and as JSON, an object a line.

#include <functional>
#include <string>
#include <string_view>

#include "exchange/rows.hpp"

namespace neurotape::exchange {

/// Takes whole lines. \returns false: no more are wanted
using WriteText = std::function<bool(std::string_view)>;

/// Collects lines and hands them on in larger pieces.
class LineBuffer {
 public:
  explicit LineBuffer(WriteText write) : write_(std::move(write)) {}
  std::string& text() noexcept { return text_; }
  bool end_line();
  void flush();

 private:
  WriteText write_;
  std::string text_;
  bool wanted_ = true;
};

/// A field of CSV: in quotes where it has to be.
void put_csv_text(std::string& line, std::string_view text);

class CsvSink final : public RowSink {
 public:
  explicit CsvSink(WriteText write) : lines_(std::move(write)) {}

  void begin(const RowLayout& layout) override;
  void number(std::string_view text, bool finite) override;
  void text(std::string_view text) override;
  void json(std::string_view text) override { this->text(text); }
  bool end_row() override;
  void end() override { lines_.flush(); }

 private:
  void separate();

  LineBuffer lines_;
  bool first_ = true;
};

/// `{"timestep": 3, "values": [0.5, null]}`: what is not finite is null.
class JsonLinesSink final : public RowSink {
 public:
  explicit JsonLinesSink(WriteText write) : lines_(std::move(write)) {}

  void begin(const RowLayout& layout) override;
  void number(std::string_view text, bool finite) override { put(finite ? text : "null"); }
  void text(std::string_view text) override;
  void json(std::string_view text) override { put(text); }
  bool end_row() override;
  void end() override { lines_.flush(); }

 private:
  void put(std::string_view value);

  LineBuffer lines_;
  RowLayout layout_;
  std::size_t field_ = 0;
};

}  // namespace neurotape::exchange
