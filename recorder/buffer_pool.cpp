#include "recorder/buffer_pool.hpp"

#include <algorithm>
#include <bit>

namespace neurotape {
namespace {

// Few sizes, so that a freed buffer fits the next request: powers of two, and above them quarter steps.
std::size_t size_class(std::size_t bytes) {
  constexpr std::size_t kSmallest = 256;
  if (bytes <= kSmallest) return kSmallest;
  const std::size_t step = std::bit_floor(bytes - 1) / 4;
  return (bytes + step - 1) / step * step;
}

}  // namespace

Buffer::~Buffer() { pool_.put_back(std::move(memory_), bytes_); }

BufferClaim::BufferClaim(BufferPool& pool, std::size_t bytes) noexcept : pool_(pool), bytes_(bytes) {
  pool_.claimed_.fetch_add(bytes_, std::memory_order_relaxed);
}

BufferClaim::~BufferClaim() { pool_.claimed_.fetch_sub(bytes_, std::memory_order_relaxed); }

BufferHandle BufferPool::acquire(std::size_t bytes) {
  const std::size_t size = size_class(bytes);
  std::unique_ptr<std::byte[]> memory;
  {
    const std::lock_guard lock(mutex_);
    used_ += size;
    if (auto found = free_.find(size); found != free_.end() && !found->second.empty()) {
      memory = std::move(found->second.back());
      found->second.pop_back();
      kept_ -= size;
    } else if (used_ + kept_ > budget_) {
      free_.clear();
      kept_ = 0;
    }
  }
  try {
    if (memory == nullptr) memory.reset(new std::byte[size]);
    return std::make_shared<Buffer>(*this, std::move(memory), size);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    used_ -= size;
    throw;
  }
}

void BufferPool::put_back(std::unique_ptr<std::byte[]> memory, std::size_t bytes) noexcept {
  const std::lock_guard lock(mutex_);
  used_ -= bytes;
  if (used_ + kept_ + bytes > budget_) return;
  try {
    free_[bytes].push_back(std::move(memory));
    kept_ += bytes;
  } catch (...) {  // no memory to remember it: it goes back to the system
    return;
  }
}

}  // namespace neurotape
