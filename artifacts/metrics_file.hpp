#pragma once
/// \file
/// A CSV file that grows by rows.

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "artifacts/crew.hpp"
#include "backends/csv/reader.hpp"
#include "backends/io/file.hpp"
#include "backends/io/lock_file.hpp"
#include "neurotape/metrics.hpp"

namespace neurotape::detail {

/// Thread safety: any thread.
///
/// Invariant: the file is `end_` bytes of whole lines, but during a write and behind a failed one that could not be undone;
/// `waiting_` is whole lines that follow them.
class MetricsFile {
 public:
  MetricsFile(std::filesystem::path path, const MetricsOptions& options, std::shared_ptr<artifacts::Crew> crew);
  MetricsFile(const MetricsFile&) = delete;
  MetricsFile& operator=(const MetricsFile&) = delete;
  ~MetricsFile();

  void append(std::span<const NamedCell> row);
  void flush();
  const std::filesystem::path& path() const noexcept { return path_; }
  std::vector<Column> columns() const;
  std::uint64_t rows() const;
  std::uint64_t removed_bytes() const noexcept { return removed_bytes_; }

 private:
  struct OpenColumn {
    std::string name;
    std::optional<CellType> type;  ///< nothing: no value has been seen
  };

  void open();
  void read_what_is_there();
  void require_torn(const std::vector<csv::Field>& record, std::uint64_t line) const;
  void require_torn_header() const;
  void check_header(const std::vector<std::string>& names);
  void declare(std::span<const NamedCell> row);
  void require_readable(const std::string& what, std::string_view text) const;
  void put_header();
  void put_row(std::span<const NamedCell> row);
  const Cell& cell_of(std::size_t column, std::span<const NamedCell> row) const;
  void put_cell(std::size_t at, const Cell& cell);
  void write_waiting();
  [[noreturn]] void fail(ErrorCode code, const std::string& why) const;

  const std::filesystem::path path_;
  const MetricsOptions options_;
  const std::shared_ptr<artifacts::Crew> crew_;

  mutable std::mutex mutex_;
  std::unique_ptr<io::LockFile> lock_;
  io::OpenFile file_;
  std::vector<OpenColumn> columns_;
  std::vector<std::size_t> typed_now_;  ///< columns whose type the row that is being added has fixed
  std::string line_end_;
  std::string waiting_;
  std::uint64_t waiting_rows_ = 0;
  std::uint64_t rows_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t removed_bytes_ = 0;
};

}  // namespace neurotape::detail
