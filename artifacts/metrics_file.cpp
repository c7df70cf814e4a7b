#include "artifacts/metrics_file.hpp"

#include <algorithm>
#include <fcntl.h>
#include <fmt/format.h>

#include "backends/csv/format.hpp"
#include "backends/csv/reader.hpp"
#include "backends/io/new_file.hpp"

namespace neurotape::detail {
namespace {

constexpr std::size_t kMostWaitingBytes = 1U << 20U;

std::optional<CellType> type_of(csv::FieldKind kind) {
  switch (kind) {
    case csv::FieldKind::integer:
      return CellType::integer;
    case csv::FieldKind::real:
      return CellType::real;
    case csv::FieldKind::boolean:
      return CellType::boolean;
    case csv::FieldKind::text:
      return CellType::text;
    case csv::FieldKind::missing:
      break;
  }
  return std::nullopt;
}

}  // namespace

MetricsFile::MetricsFile(std::filesystem::path path, const MetricsOptions& options,
                         std::shared_ptr<artifacts::Crew> crew)
    : path_(std::move(path)),
      options_(options),
      crew_(std::move(crew)),
      line_end_(options.line_end == LineEnd::crlf ? "\r\n" : "\n") {
  crew_->require_usable("metrics()");
  if (options_.flush_rows == 0) fail(ErrorCode::invalid_argument, "flush_rows: expected at least 1, got 0");
  for (const auto& [name, type] : options_.columns) columns_.push_back({name, type});
  crew_->run([this] { open(); });
}

MetricsFile::~MetricsFile() {
  try {
    if (!waiting_.empty()) flush();
  } catch (const Error& error) {
    crew_->report(error);
  } catch (const std::exception& error) {
    crew_->report(Error(ErrorCode::io, error.what(), {.path = path_.string()}));
  }
}

void MetricsFile::fail(ErrorCode code, const std::string& why) const {
  throw Error(code, why, {.path = path_.string()});
}

void MetricsFile::open() {
  lock_ = io::lock_beside(path_, "another table has this file open");
  if (const int error = file_.open(path_, O_RDWR | O_CREAT); error != 0) io::fail("opening the file", path_, error);
  if (file_.size() != 0) read_what_is_there();
  if (end_ == 0 && !columns_.empty()) {
    put_header();
    write_waiting();
  }
  if (crew_->durable()) io::sync_directory(path_.parent_path());
}

void MetricsFile::read_what_is_there() {
  csv::Reader reader(path_);
  std::vector<csv::Field> record;
  std::vector<std::string> names;
  while (reader.next(record) && !reader.cut_off()) {
    if (names.empty()) {
      for (auto& field : record) names.push_back(std::move(field.text));
      line_end_ = reader.ends_in_crlf() ? "\r\n" : "\n";
      check_header(names);
    } else {
      if (record.size() != names.size())
        fail(ErrorCode::damaged, fmt::format("line {}: expected {} fields as in the header, got {}", reader.line(),
                                             names.size(), record.size()));
      for (std::size_t i = 0; i < record.size(); ++i)
        if (!columns_[i].type) columns_[i].type = type_of(csv::kind_of(record[i].text, record[i].quoted));
      ++rows_;
    }
    end_ = reader.end();
  }
  if (reader.cut_off()) require_torn(record, reader.line());
  if (reader.cut_off() && names.empty()) require_torn_header();
  removed_bytes_ = file_.size() - end_;
  if (removed_bytes_ == 0) return;
  if (const int error = file_.truncate(end_); error != 0)
    io::fail("removing the last line, which was cut off", path_, error);
}

/// The last line may be torn. A quote that nothing closes takes whole lines with it; where no text can hold them, it is
/// damage, and removing them would lose rows.
void MetricsFile::require_torn(const std::vector<csv::Field>& record, std::uint64_t line) const {
  for (std::size_t i = 0; i < record.size(); ++i) {
    const bool may_hold_lines =
        end_ != 0 && i < columns_.size() && columns_[i].type.value_or(CellType::text) == CellType::text;
    if (!may_hold_lines && record[i].text.find_first_of("\r\n") != std::string::npos)
      fail(ErrorCode::damaged, fmt::format("line {}: a quote that nothing closes, and lines behind it", line));
  }
}

/// A file of one line that has no end: the header of a table, as far as it came, or somebody else's text.
void MetricsFile::require_torn_header() const {
  std::string header;
  for (const auto& column : columns_) csv::put_name(header.empty() ? header : header += ',', column.name);
  std::string found(std::min<std::uint64_t>(file_.size(), header.size() + 3), '\0');
  std::size_t length = 0;
  file_.read(0, std::as_writable_bytes(std::span(found)), &length);
  found.resize(length);
  if (!(header + "\r\n").starts_with(found))
    fail(ErrorCode::damaged, "its only line has no end, and is not the header of this table: it may be another file");
}

void MetricsFile::check_header(const std::vector<std::string>& names) {
  if (columns_.empty()) {
    for (const auto& name : names) columns_.push_back({name, std::nullopt});
    return;
  }
  for (std::size_t i = 0; i < std::max(names.size(), columns_.size()); ++i) {
    const auto found = i < names.size() ? "'" + names[i] + "'" : "none";
    const auto expected = i < columns_.size() ? "'" + columns_[i].name + "'" : "none";
    if (found != expected)
      fail(ErrorCode::wrong_shape, fmt::format("column {} of the file: expected {}, got {}", i + 1, expected, found));
  }
}

void MetricsFile::append(std::span<const NamedCell> row) {
  const std::lock_guard lock(mutex_);
  crew_->require_usable("append()");
  const std::size_t before = waiting_.size();
  const bool is_first = columns_.empty();
  typed_now_.clear();
  try {
    if (is_first) declare(row);
    if (end_ == 0 && waiting_.empty()) put_header();
    put_row(row);
    if (waiting_rows_ + 1 >= options_.flush_rows || waiting_.size() >= kMostWaitingBytes) write_waiting();
  } catch (...) {
    waiting_.resize(before);
    for (const auto column : typed_now_) columns_[column].type.reset();
    if (is_first) columns_.clear();
    throw;
  }
  ++rows_;
  waiting_rows_ = waiting_.empty() ? 0 : waiting_rows_ + 1;
}

void MetricsFile::flush() {
  const std::lock_guard lock(mutex_);
  crew_->require_usable("flush()");
  write_waiting();
}

void MetricsFile::write_waiting() {
  if (waiting_.empty()) return;
  crew_->run([this] {
    int error = file_.write(end_, std::as_bytes(std::span(waiting_)));
    if (error == 0 && crew_->durable()) error = file_.sync();
    if (error == 0) return;
    file_.truncate(end_);  // no part of a line is left behind
    io::fail("writing rows", path_, error);
  });
  end_ += waiting_.size();
  waiting_.clear();
  waiting_rows_ = 0;
}

std::vector<Column> MetricsFile::columns() const {
  const std::lock_guard lock(mutex_);
  std::vector<Column> all;
  for (const auto& column : columns_) all.push_back({column.name, column.type.value_or(CellType::text)});
  return all;
}

std::uint64_t MetricsFile::rows() const {
  const std::lock_guard lock(mutex_);
  return rows_;
}

}  // namespace neurotape::detail
