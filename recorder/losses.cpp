#include "recorder/losses.hpp"

#include <fmt/format.h>

namespace neurotape {
namespace {

ErrorCode code_of(DropCause cause, const std::optional<Error>& failure) {
  switch (cause) {
    case DropCause::error:
      return failure ? failure->code() : ErrorCode::io;
    case DropCause::disk:
      return ErrorCode::io;
    case DropCause::nan:
    case DropCause::incomplete:
    case DropCause::invalid:
      return ErrorCode::invalid_argument;
    default:
      return ErrorCode::memory_cap;
  }
}

}  // namespace

void Losses::add(const StreamStats& stream, const LostRows& by_cause, bool discarded) {
  for (std::size_t cause = 0; cause < kDropCauses; ++cause) by_cause_[cause] += by_cause[cause];
  const std::uint64_t not_written = discarded ? 0 : stream.rows_recorded - stream.rows_committed;
  not_written_ += not_written;
  if (const std::uint64_t lost = stream.rows_dropped + not_written; lost > worst_rows_) {
    worst_rows_ = lost;
    worst_ = fmt::format("'{}' of {}", stream.stream, stream.episode);
  }
}

std::optional<Error> Losses::summary(const StreamStats& total, const std::optional<Error>& failure,
                                     const ErrorContext& where) const {
  if (total.rows_dropped == 0 && not_written_ == 0) return {};
  std::string text;
  if (total.rows_dropped != 0)
    text = fmt::format(
        "{} of {} rows were not recorded ({} of them invalid); the gaps of the episodes that could be written say "
        "which",
        total.rows_dropped, total.rows_offered, total.rows_rejected);
  if (not_written_ != 0)
    text += fmt::format("{}{} rows were accepted but could not be written", text.empty() ? "" : "; ", not_written_);
  if (worst_rows_ != 0) text += fmt::format("; stream {} lost most, {} rows", worst_, worst_rows_);
  return Error(code(total, failure), text, where);
}

// One for all when all were lost for like causes.
ErrorCode Losses::code(const StreamStats& total, const std::optional<Error>& failure) const {
  std::optional<ErrorCode> only;
  const auto add = [&](ErrorCode code) { only = !only || *only == code ? code : ErrorCode::memory_cap; };
  if (total.rows_rejected != 0) add(ErrorCode::invalid_argument);
  if (not_written_ != 0) add(ErrorCode::io);
  for (std::size_t cause = 0; cause < kDropCauses; ++cause)
    if (by_cause_[cause] != 0) add(code_of(static_cast<DropCause>(cause), failure));
  return only.value_or(ErrorCode::memory_cap);
}

}  // namespace neurotape
