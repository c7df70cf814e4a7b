#include "backends/driver/held_writes.hpp"

#include <algorithm>
#include <cstring>

namespace neurotape::driver {

void HeldWrites::add(std::uint64_t address, std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  pieces_.push_back({address, {bytes.begin(), bytes.end()}});
  by_address_.emplace(address, pieces_.size() - 1);
  longest_ = std::max(longest_, bytes.size());
  bytes_ += bytes.size();
}

void HeldWrites::read_over(std::uint64_t address, std::span<std::byte> bytes) const {
  const auto end = address + bytes.size();
  std::vector<std::size_t> touching;
  const auto first = by_address_.lower_bound(address >= longest_ ? address - longest_ + 1 : 0);
  for (auto each = first; each != by_address_.end() && each->first < end; ++each) {
    if (each->first + pieces_[each->second].bytes.size() > address) touching.push_back(each->second);
  }
  std::sort(touching.begin(), touching.end());  // what came later lies above
  for (const auto index : touching) {
    const auto& piece = pieces_[index];
    const auto from = std::max(address, piece.address);
    const auto to = std::min(end, piece.address + piece.bytes.size());
    std::memcpy(bytes.data() + (from - address), piece.bytes.data() + (from - piece.address), to - from);
  }
}

void HeldWrites::clear() noexcept {
  pieces_.clear();
  by_address_.clear();
  longest_ = bytes_ = 0;
}

}  // namespace neurotape::driver
