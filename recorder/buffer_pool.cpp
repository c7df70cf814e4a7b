#include "recorder/buffer_pool.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <new>
#include <sys/mman.h>

namespace neurotape {
namespace {

// Few sizes, so that a freed buffer fits the next request: powers of two, and above them quarter steps.
std::size_t size_class(std::size_t bytes) {
  constexpr std::size_t kSmallest = 256;
  if (bytes <= kSmallest) return kSmallest;
  const std::size_t step = std::bit_floor(bytes - 1) / 4;
  return (bytes + step - 1) / step * step;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kLeastMapped = std::numeric_limits<std::size_t>::max();  // it sees only what malloc() gave
#else
constexpr std::size_t kLeastMapped = std::size_t{32} << 10;
#endif

BufferMemory allocate(std::size_t bytes) {
  if (bytes < kLeastMapped) return {new std::byte[bytes], {bytes}};
  void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return {static_cast<std::byte*>(memory), {bytes}};
}

}  // namespace

void BufferMemoryDeleter::operator()(std::byte* memory) const noexcept {
  if (bytes < kLeastMapped)
    delete[] memory;
  else
    ::munmap(memory, bytes);
}

Buffer::~Buffer() { pool_.put_back(std::move(memory_)); }

BufferClaim::BufferClaim(BufferPool& pool, std::size_t bytes) noexcept : pool_(pool), bytes_(bytes) {
  pool_.claimed_.fetch_add(bytes_, std::memory_order_relaxed);
}

BufferClaim::~BufferClaim() { pool_.claimed_.fetch_sub(bytes_, std::memory_order_relaxed); }

BufferHandle BufferPool::acquire(std::size_t bytes) {
  const std::size_t size = size_class(bytes);
  BufferMemory memory;
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
    if (memory == nullptr) memory = allocate(size);
    return std::make_shared<Buffer>(*this, std::move(memory));
  } catch (...) {
    const std::lock_guard lock(mutex_);
    used_ -= size;
    throw;
  }
}

void BufferPool::put_back(BufferMemory memory) noexcept {
  const std::size_t bytes = memory.get_deleter().bytes;
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
