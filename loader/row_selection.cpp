#include "loader/row_selection.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "loader/convert.hpp"

namespace neurotape::loader {
namespace {

constexpr std::uint64_t kRowsAtOnce = 1 << 16;

}  // namespace

// A heap whose top is the latest: what comes earlier takes its place.
void RowSelection::add_if_early(Moment moment, std::uint64_t most) {
  if (moments_.size() < most) {
    moments_.push_back(moment);
    std::push_heap(moments_.begin(), moments_.end());
  } else if (moment < moments_.front()) {
    std::pop_heap(moments_.begin(), moments_.end());
    moments_.back() = moment;
    std::push_heap(moments_.begin(), moments_.end());
  }
}

void RowSelection::sort() { std::sort(moments_.begin(), moments_.end()); }

Array<std::int64_t> RowSelection::timesteps() const {
  Array<std::int64_t> timesteps(moments_.size());
  std::transform(moments_.begin(), moments_.end(), timesteps.begin(), [](const Moment& m) { return m.timestep; });
  return timesteps;
}

detail::Storage RowSelection::gather(const Dataset& column, Dtype as) const {
  const std::size_t bytes = dtype_bytes(as);
  detail::Storage out(moments_.size() * bytes);
  std::vector<std::size_t> in_file_order(moments_.size());
  std::iota(in_file_order.begin(), in_file_order.end(), std::size_t{0});
  std::sort(in_file_order.begin(), in_file_order.end(),
            [&](std::size_t a, std::size_t b) { return moments_[a].row < moments_[b].row; });
  detail::Storage piece;
  std::uint64_t begin = 0, end = 0;
  for (const auto i : in_file_order) {
    const std::uint64_t row = moments_[i].row;
    if (row >= end) {
      begin = row;
      end = std::min((row / kRowsAtOnce + 1) * kRowsAtOnce, moments_[in_file_order.back()].row + 1);
      piece.resize(static_cast<std::size_t>(end - begin) * bytes);
      read_as(column, {begin, end - begin}, as, piece.bytes());
    }
    std::memcpy(out.data() + i * bytes, piece.data() + (row - begin) * bytes, bytes);
  }
  return out;
}

}  // namespace neurotape::loader
