#pragma once
/// \file
/// The rows of a table, and their timesteps.

#include <fmt/format.h>

#include "exchange/import/csv_table.hpp"
#include "exchange/import/exported.hpp"
#include "exchange/import/times.hpp"

namespace neurotape::exchange {

/// The timesteps of a table: its first column has them, or times.
class Clock {
 public:
  /// \param dt of times; 0: they are timesteps
  explicit Clock(double dt, bool strict) : dt_(dt), strict_(strict) {}

  /// \throws Error damaged: it does not come after the one before
  std::int64_t timestep(const CsvTable& table) {
    const auto now = dt_ == 0 ? table.number<std::int64_t>(0) : of_time(table);
    if (!first_ && (strict_ ? now <= last_ : now < last_))
      table.fail(fmt::format("timestep {} comes after {}{}", now, last_,
                             dt_ == 0 ? "" : "; a smaller --dt keeps times apart"));
    first_ = false;
    return last_ = now;
  }

 private:
  std::int64_t of_time(const CsvTable& table) const {
    const auto time = table.number<double>(0);
    if (!is_in_range(time, dt_)) table.fail(fmt::format("{} is no time", time));
    return timestep_of(time, dt_);
  }

  double dt_;
  bool strict_, first_ = true;
  std::int64_t last_ = 0;
};

/// \param use called for each row \returns how many there were
template <class Use>
std::uint64_t for_each_row(CsvTable& table, const StreamFile& file, NewRun& run, Use use) {
  std::uint64_t rows = 0;
  for (; table.next(); ++rows) use();
  if (table.ends_without_newline())
    run.note(file.path.filename().string() + ": its last line has no end, as if it had been cut off");
  run.count(file.stream.text(), rows);
  return rows;
}

}  // namespace neurotape::exchange
