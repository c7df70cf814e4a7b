#include "recorder/arena.hpp"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <sys/mman.h>

#include "neurotape/error.hpp"

namespace neurotape {

// No huge pages are asked for: where memory is fragmented, or full of pages of files, the kernel makes room for one within
// the fault, which takes 5 ms of the lane that meets it; and they make nothing faster (bench/README.md).
Arena::Arena(std::size_t bytes) : used_(bytes / kSlabBytes) {
  void* const address =
      ::mmap(nullptr, slabs() * kSlabBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (address == MAP_FAILED)
    throw Error(ErrorCode::memory_cap,
                fmt::format("cannot reserve {} bytes of address space for the ring: {}", bytes, std::strerror(errno)));
  base_ = static_cast<std::byte*>(address);
}

Arena::~Arena() { ::munmap(base_, slabs() * kSlabBytes); }

std::byte* Arena::take(std::size_t count) {
  const std::lock_guard lock(mutex_);
  if (count == 0 || count > slabs() - taken_) return nullptr;
  std::size_t found = slabs();
  if (count == 1) {
    for (found = low_; used_[found]; ++found) {
    }
    low_ = found + 1;
  } else {
    std::size_t free = 0;
    for (found = slabs(); found > 0 && free < count;) free = used_[--found] ? 0 : free + 1;
    if (free < count) return nullptr;
  }
  for (std::size_t i = 0; i < count; ++i) used_[found + i] = true;
  taken_ += count;
  return base_ + found * kSlabBytes;
}

void Arena::give_back(std::byte* slab, std::size_t count) {
  const std::lock_guard lock(mutex_);
  const auto first = static_cast<std::size_t>(slab - base_) / kSlabBytes;
  for (std::size_t i = 0; i < count; ++i) used_[first + i] = false;
  taken_ -= count;
  if (first < low_) low_ = first;
}

void Arena::populate(std::byte* slab, std::size_t count) {
  const std::size_t bytes = count * kSlabBytes;
#ifdef MADV_POPULATE_WRITE
  if (::madvise(slab, bytes, MADV_POPULATE_WRITE) == 0) return;
#endif
  for (std::size_t i = 0; i < bytes; i += 4096) *reinterpret_cast<volatile char*>(slab + i) = 0;
}

std::byte* Arena::slab_of(const void* address) const noexcept {
  const auto offset = static_cast<std::size_t>(static_cast<const std::byte*>(address) - base_);
  return base_ + offset / kSlabBytes * kSlabBytes;
}

}  // namespace neurotape
