#pragma once
/// \file
/// What an experiment lost, for its closing line.

#include <cstdint>
#include <optional>
#include <string>

#include "neurotape/error.hpp"
#include "neurotape/stats.hpp"
#include "recorder/gap_log.hpp"

namespace neurotape {

/// Thread safety: none; the recorder's mutex.
class Losses {
 public:
  /// A stream whose episode is done. \param discarded rows that nobody wants are no loss
  void add(const StreamStats& stream, const LostRows& by_cause, bool discarded);
  /// Nothing when every row is in the file. \param failure the first one of the experiment
  std::optional<Error> summary(const StreamStats& total, const std::optional<Error>& failure,
                               const ErrorContext& where) const;

 private:
  ErrorCode code(const StreamStats& total, const std::optional<Error>& failure) const;

  LostRows by_cause_{};
  std::uint64_t not_written_ = 0;  ///< accepted, and then lost with their file
  std::uint64_t worst_rows_ = 0;
  std::string worst_;
};

}  // namespace neurotape
