#pragma once
/// \file
/// Memory of the workers: chunks being put together, and their encoded form.

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "recorder/sync.hpp"

namespace neurotape {

class BufferPool;

/// A piece of memory that goes back to its pool.
class Buffer {
 public:
  Buffer(BufferPool& pool, std::unique_ptr<std::byte[]> memory, std::size_t bytes) noexcept
      : pool_(pool), memory_(std::move(memory)), bytes_(bytes) {}
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  std::byte* data() noexcept { return memory_.get(); }
  const std::byte* data() const noexcept { return memory_.get(); }
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  BufferPool& pool_;
  std::unique_ptr<std::byte[]> memory_;
  std::size_t bytes_;
};
using BufferHandle = std::shared_ptr<Buffer>;

/// What an open chunk may come to need, as long as it lives: buffers grow with their rows, and all may be full at once.
class BufferClaim {
 public:
  BufferClaim(BufferPool& pool, std::size_t bytes) noexcept;
  BufferClaim(BufferClaim&& other) noexcept : pool_(other.pool_), bytes_(std::exchange(other.bytes_, 0)) {}
  BufferClaim& operator=(BufferClaim&& other) = delete;
  ~BufferClaim();

 private:
  BufferPool& pool_;
  std::size_t bytes_;
};

/// Keeps freed buffers for the next user: fresh memory costs more to touch than to compress. What is kept and
/// what is in use together stay within the budget where they can; a worker is never refused.
/// Thread safety: any thread; a mutex.
class BufferPool {
 public:
  explicit BufferPool(std::size_t budget_bytes) : budget_(budget_bytes) {}

  /// At least this size; contents undefined.
  BufferHandle acquire(std::size_t bytes);
  std::size_t budget_bytes() const noexcept { return budget_; }
  std::size_t claimed_bytes() const noexcept { return claimed_.load(std::memory_order_relaxed); }

 private:
  friend class Buffer;
  friend class BufferClaim;
  void put_back(std::unique_ptr<std::byte[]> memory, std::size_t bytes) noexcept;

  const std::size_t budget_;
  mutable sync::Mutex mutex_;
  std::map<std::size_t, std::vector<std::unique_ptr<std::byte[]>>> free_;
  std::size_t used_ = 0;
  std::size_t kept_ = 0;
  std::atomic<std::size_t> claimed_{0};
};

}  // namespace neurotape
