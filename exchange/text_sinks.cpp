#include "exchange/text_sinks.hpp"

#include <nlohmann/json.hpp>

namespace neurotape::exchange {
namespace {
constexpr std::size_t kPieceBytes = 1U << 16;
}

bool LineBuffer::end_line() {
  if (text_.size() >= kPieceBytes) flush();
  return wanted_;
}

void LineBuffer::flush() {
  if (wanted_ && !text_.empty()) wanted_ = write_(text_);
  text_.clear();
}

void put_csv_text(std::string& line, std::string_view text) {
  if (text.find_first_of("\",\r\n") == text.npos) {
    line += text;
    return;
  }
  line += '"';
  for (const char c : text) line.append(c == '"' ? 2 : 1, c);
  line += '"';
}

void CsvSink::begin(const RowLayout& layout) {
  for (const auto& name : layout.names) text(name);
  end_row();
}

void CsvSink::separate() {
  if (!first_) lines_.text() += ',';
  first_ = false;
}

void CsvSink::number(std::string_view text, bool) {
  separate();
  lines_.text() += text;
}

void CsvSink::text(std::string_view text) {
  separate();
  put_csv_text(lines_.text(), text);
}

bool CsvSink::end_row() {
  lines_.text() += '\n';
  first_ = true;
  return lines_.end_line();
}

void JsonLinesSink::begin(const RowLayout& layout) { layout_ = layout; }

void JsonLinesSink::put(std::string_view value) {
  auto& line = lines_.text();
  line += field_ == 0 ? "{" : ", ";
  const bool in_array = !layout_.scalar && field_ >= layout_.first_of_values;
  if (!in_array) {
    line += '"' + layout_.names[field_] + "\": ";
  } else if (field_ == layout_.first_of_values) {
    line += "\"values\": [";
  }
  line += value;
  ++field_;
}

void JsonLinesSink::text(std::string_view text) {
  put(nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

bool JsonLinesSink::end_row() {
  const bool has_array = !layout_.scalar && layout_.first_of_values < layout_.names.size();
  lines_.text() += has_array ? "]}\n" : "}\n";
  field_ = 0;
  return lines_.end_line();
}

}  // namespace neurotape::exchange
