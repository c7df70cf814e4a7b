#include "neurotape/loaded.hpp"

#include <fmt/format.h>
#include <new>

#include "neurotape/error.hpp"
#include "neurotape/run.hpp"

namespace neurotape::detail {

void Storage::resize(std::size_t bytes) {
  if (bytes > capacity_) {
    data_.reset();  // first, so that the old and the new never stand beside each other
    size_ = capacity_ = 0;
    data_.reset(new (std::nothrow) std::byte[bytes]);
    if (data_ == nullptr) throw Error(ErrorCode::io, fmt::format("there is no memory for {} bytes", bytes));
    capacity_ = bytes;
  }
  size_ = bytes;
}

std::shared_ptr<const std::vector<std::uint64_t>> sorted_ids(const Indices& ids) {
  auto sorted = std::make_shared<std::vector<std::uint64_t>>(ids.ids());
  std::sort(sorted->begin(), sorted->end());
  return sorted;
}

void refuse_negative(std::int64_t number) {
  if (number < 0) throw Error(ErrorCode::not_found, fmt::format("there is no episode {}: numbers begin at 0", number));
}

}  // namespace neurotape::detail
