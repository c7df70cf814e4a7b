#pragma once
/// \file
/// Reads the records of a CSV file, as RFC 4180 has them.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "backends/io/file.hpp"

namespace neurotape::csv {

struct Field {
  std::string text;
  bool quoted = false;
};

/// Takes lines that end in CR LF, LF, or CR, a byte order mark, and quotes that hold ends of lines. One thread; needs memory
/// for one record.
class Reader {
 public:
  /// \throws Error not_found, io
  explicit Reader(const std::filesystem::path& path);

  /// The next record; false at the end. A record without an end of its line is the last, and `cut_off` then.
  /// \throws Error damaged, with the line
  bool next(std::vector<Field>& record);
  bool cut_off() const noexcept { return cut_off_; }
  /// Where the record that was read last ends, with its end of line.
  std::uint64_t end() const noexcept { return end_; }
  std::uint64_t line() const noexcept { return record_line_; }  ///< in which it begins, from 1
  bool ends_in_crlf() const noexcept { return crlf_; }

 private:
  int peek();
  int take();
  void take_line_end();
  bool take_field(Field& field);
  void take_quoted(std::string& text);
  [[noreturn]] void damaged(const char* why) const;

  const std::filesystem::path path_;
  io::OpenFile file_;
  std::vector<std::byte> part_;
  std::size_t at_ = 0;
  std::size_t filled_ = 0;
  std::uint64_t part_start_ = 0;
  std::uint64_t line_ = 1;
  std::uint64_t record_line_ = 1;
  std::uint64_t end_ = 0;
  bool crlf_ = false;
  bool cut_off_ = false;
};

}  // namespace neurotape::csv
