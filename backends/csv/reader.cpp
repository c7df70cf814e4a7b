#include "backends/csv/reader.hpp"

#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <string_view>

#include "backends/io/new_file.hpp"
#include "neurotape/error.hpp"

namespace neurotape::csv {
namespace {

constexpr std::size_t kPartBytes = 1U << 16U;
constexpr int kNothing = -1;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool ends_line(int c) { return c == '\n' || c == '\r'; }

}  // namespace

Reader::Reader(const std::filesystem::path& path) : path_(path), part_(kPartBytes) {
  if (const int error = file_.open(path_, O_RDONLY); error != 0) io::fail("opening the file", path_, error);
  peek();
  if (filled_ >= kByteOrderMark.size() && std::memcmp(part_.data(), kByteOrderMark.data(), kByteOrderMark.size()) == 0)
    at_ = kByteOrderMark.size();
}

int Reader::peek() {
  if (at_ == filled_) {
    part_start_ += filled_;
    at_ = 0;
    if (const int error = file_.read(part_start_, part_, &filled_); error != 0)
      io::fail("reading the file", path_, error);
    if (filled_ == 0) return kNothing;
  }
  return std::to_integer<int>(part_[at_]);
}

int Reader::take() {
  const int c = peek();
  if (c != kNothing) ++at_;
  return c;
}

void Reader::damaged(const char* why) const {
  throw Error(ErrorCode::damaged, fmt::format("line {}: {}", line_, why), {.path = path_.string()});
}

void Reader::take_line_end() {
  const bool cr = take() == '\r';
  crlf_ = cr && peek() == '\n';
  if (crlf_) take();
  cut_off_ = cr && !crlf_ && peek() == kNothing;  // the LF may be what is missing
  ++line_;
}

void Reader::take_quoted(std::string& text) {
  for (;;) {
    const int c = take();
    if (c == kNothing) {
      cut_off_ = true;
      return;
    }
    if (c == '\n') ++line_;
    if (c == '"' && peek() != '"') return;
    if (c == '"') take();
    text += static_cast<char>(c);
  }
}

/// \returns whether another field of the record follows
bool Reader::take_field(Field& field) {
  if (peek() == '"') {
    take();
    field.quoted = true;
    take_quoted(field.text);
    const int c = peek();
    if (!cut_off_ && c != kNothing && c != ',' && !ends_line(c)) damaged("expected a comma behind a field in quotes");
  }
  while (!cut_off_) {
    const int c = peek();
    if (c == kNothing) {
      cut_off_ = true;
    } else if (c == ',') {
      take();
      return true;
    } else if (ends_line(c)) {
      take_line_end();
      return false;
    } else if (c == '"') {
      damaged("a quote in the middle of a field");
    } else {
      field.text += static_cast<char>(take());
    }
  }
  return false;
}

bool Reader::next(std::vector<Field>& record) {
  record.clear();
  if (cut_off_ || peek() == kNothing) return false;
  record_line_ = line_;
  do {
    record.emplace_back();
  } while (take_field(record.back()));
  end_ = part_start_ + at_;
  return true;
}

}  // namespace neurotape::csv
