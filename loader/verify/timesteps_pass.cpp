#include "loader/verify/timesteps_pass.hpp"

#include <fmt/format.h>

namespace neurotape::loader {

std::optional<RowsFault> Ascent::add(std::uint64_t first_row, std::span<const std::int64_t> timesteps) {
  std::optional<RowsFault> found;
  for (std::size_t i = 0; i < timesteps.size() && rule_ != Rule::none; ++i) {
    const auto timestep = timesteps[i];
    const bool goes_back = last_ && (timestep < *last_ || (rule_ == Rule::strict && timestep == *last_));
    if (goes_back && !found)
      found = {{first_row + i, 1}, fmt::format("timestep {} comes behind timestep {}", timestep, *last_)};
    last_ = timestep;
  }
  return found;
}

void RowsBelow::add(std::uint64_t first_row, std::span<const std::int64_t> timesteps) {
  auto bound = answered_ ? below_.upper_bound(*answered_) : below_.begin();
  for (std::size_t i = 0; i < timesteps.size(); ++i)
    for (; bound != below_.end() && bound->first <= timesteps[i]; ++bound) {
      bound->second = first_row + i;
      answered_ = bound->first;
    }
}

void RowsBelow::end(std::uint64_t rows) {
  for (auto bound = answered_ ? below_.upper_bound(*answered_) : below_.begin(); bound != below_.end(); ++bound)
    bound->second = rows;
}

std::vector<RowsFault> IndexedChunks::add(std::uint64_t first_row, std::span<const std::int64_t> timesteps) {
  std::vector<RowsFault> faults;
  while (!timesteps.empty() && !at_end()) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(timesteps.size(), rows_left()));
    const auto [least, most] =
        std::minmax_element(timesteps.begin(), timesteps.begin() + static_cast<std::ptrdiff_t>(count));
    if (count != 0) least_ = std::min(least_, *least), most_ = std::max(most_, *most);
    if (taken_ == 0) first_row_ = first_row;
    advance(count, faults);
    timesteps = timesteps.subspan(count);
    first_row += count;
  }
  return faults;
}

void IndexedChunks::skip(RowRange rows) {
  std::vector<RowsFault> none;
  while (rows.count != 0 && !at_end()) {
    const auto count = std::min(rows.count, rows_left());
    known_ = false;
    advance(count, none);
    rows.count -= count;
  }
}

void IndexedChunks::advance(std::uint64_t rows, std::vector<RowsFault>& faults) {
  taken_ += rows;
  const auto& record = records_[record_];
  if (taken_ < record.rows) return;
  if (known_ && record.rows != 0 && (record.first_timestep != least_ || record.last_timestep != most_))
    faults.push_back({{first_row_, record.rows},
                      fmt::format("record {} says timesteps {} to {}, but there are {} to {}", record_,
                                  record.first_timestep, record.last_timestep, least_, most_)});
  ++record_;
  taken_ = 0;
  known_ = true;
  least_ = std::numeric_limits<std::int64_t>::max();
  most_ = std::numeric_limits<std::int64_t>::min();
}

}  // namespace neurotape::loader
