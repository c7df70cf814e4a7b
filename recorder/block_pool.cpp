#include "recorder/block_pool.hpp"

#include <algorithm>
#include <new>

#include "recorder/sync.hpp"

namespace neurotape {
namespace {

constexpr std::size_t kSlabsAhead = 8;                   // touched and free, waiting for lanes
constexpr auto kRecheck = std::chrono::milliseconds(5);  // a waiter looks again by itself this often

std::size_t run_slabs(std::size_t bytes) { return (bytes + kSlabBytes - 1) / kSlabBytes; }

}  // namespace

OwnBlocks::~OwnBlocks() { retire(); }

bool OwnBlocks::reserve(BlockPool& pool, std::size_t block_bytes) noexcept {
  pool_ = &pool;
  for (auto& block : blocks_) {
    block = pool.take_own(block_bytes);
    if (block == nullptr) {
      if (blocks_[0] != nullptr) pool.give_back_own(blocks_[0]);
      blocks_ = {};
      return false;
    }
    block->owner = this;
  }
  free_.store(3, std::memory_order_release);
  return true;
}

Block* OwnBlocks::try_take() noexcept {
  for (unsigned i = 0; i < blocks_.size(); ++i) {
    const unsigned bit = 1U << i;
    if ((free_.load(std::memory_order_relaxed) & bit) != 0 &&
        (free_.fetch_and(~bit, std::memory_order_acquire) & bit) != 0)
      return blocks_[i];
  }
  return nullptr;
}

void OwnBlocks::put_back(Block* block) noexcept {
  free_.fetch_or(block == blocks_[0] ? 1U : 2U, std::memory_order_seq_cst);
  if (retired_.load(std::memory_order_seq_cst)) surrender();
}

void OwnBlocks::retire() noexcept {
  retired_.store(true, std::memory_order_seq_cst);
  surrender();
}

void OwnBlocks::surrender() noexcept {
  while (Block* const block = try_take()) pool_->give_back_own(block);
}

BlockPool::BlockPool(std::size_t bytes)
    : arena_(bytes), large_(arena_.slabs() + 64), small_(arena_.slabs() * kSmallBlocksInSlab + 64) {
  scratch_.reserve(arena_.slabs() * kSmallBlocksInSlab);
}

Block* BlockPool::make_block(std::byte* memory, std::size_t bytes) noexcept {
  auto* const block = new (memory) Block;
  block->bytes = bytes;
  return block;
}

Block* BlockPool::pop(Queue& queue) noexcept {
  Block* block = nullptr;
  return queue.try_dequeue(block) ? block : nullptr;
}

void BlockPool::count(Block* block, bool taken) noexcept {
  const auto bytes = static_cast<std::ptrdiff_t>(block->bytes);
  if (!taken) {
    used_.fetch_sub(bytes, std::memory_order_relaxed);
    return;
  }
  const auto used = used_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  auto peak = peak_.load(std::memory_order_relaxed);
  while (used > peak && !peak_.compare_exchange_weak(peak, used, std::memory_order_relaxed)) {
  }
}

Block* BlockPool::try_large() noexcept {
  Block* block = pop(large_);
  if (block == nullptr) block = fresh_large();
  if (block == nullptr && join_small_blocks()) block = pop(large_);
  if (block != nullptr) count(block, true);
  return block;
}

Block* BlockPool::try_small() noexcept {
  Block* block = pop(small_);
  if (block == nullptr) block = split_slab();
  if (block != nullptr) count(block, true);
  return block;
}

void BlockPool::release(Block* block) noexcept {
  if (block->owner != nullptr) {
    block->owner->put_back(block);
  } else {
    count(block, false);
    (block->bytes == kSlabBytes ? large_ : small_).enqueue(block);
  }
  if (has_waiters()) wake_waiters();
}

Block* BlockPool::take_own(std::size_t bytes) noexcept {
  Block* const block = find_own(bytes);
  if (block != nullptr) own_.fetch_add(block->bytes, std::memory_order_relaxed);
  return block;
}

Block* BlockPool::find_own(std::size_t bytes) noexcept {
  if (bytes <= kSmallBlockBytes) return try_small();
  if (bytes <= kSlabBytes) return try_large();
  const std::size_t slabs = run_slabs(bytes);
  std::byte* run = arena_.take(slabs);
  if (run == nullptr) {  // free slabs may sit in the queue: put them back where runs are made
    join_small_blocks();
    while (Block* const block = pop(large_)) arena_.give_back(reinterpret_cast<std::byte*>(block), 1);
    run = arena_.take(slabs);
  }
  if (run == nullptr) return nullptr;
  Block* const block = make_block(run, slabs * kSlabBytes);
  count(block, true);
  return block;
}

void BlockPool::give_back_own(Block* block) noexcept {
  block->owner = nullptr;
  own_.fetch_sub(block->bytes, std::memory_order_relaxed);
  if (block->bytes <= kSlabBytes) {
    release(block);
    return;
  }
  count(block, false);
  arena_.give_back(reinterpret_cast<std::byte*>(block), block->bytes / kSlabBytes);
  if (has_waiters()) wake_waiters();
}

Block* BlockPool::fresh_large() noexcept {
  std::byte* const slab = arena_.take(1);
  return slab == nullptr ? nullptr : make_block(slab, kSlabBytes);
}

Block* BlockPool::split_slab() noexcept {
  const std::lock_guard lock(mutex_);
  if (Block* const block = pop(small_)) return block;  // somebody else has just split one
  Block* whole = pop(large_);
  if (whole == nullptr) whole = fresh_large();
  if (whole == nullptr) return nullptr;
  auto* const memory = reinterpret_cast<std::byte*>(whole);
  for (std::size_t i = 1; i < kSmallBlocksInSlab; ++i)
    small_.enqueue(make_block(memory + i * kSmallBlockBytes, kSmallBlockBytes));
  return make_block(memory, kSmallBlockBytes);
}

bool BlockPool::join_small_blocks() noexcept {
  const std::lock_guard lock(mutex_);
  if (small_.size_approx() < kSmallBlocksInSlab) return false;
  auto& free = scratch_;
  free.clear();
  while (Block* const block = pop(small_)) free.push_back(block);
  std::sort(free.begin(), free.end());
  bool joined = false;
  for (std::size_t i = 0; i < free.size();) {
    std::byte* const slab = arena_.slab_of(free[i]);
    const auto end = std::find_if(free.begin() + static_cast<std::ptrdiff_t>(i), free.end(),
                                  [&](Block* block) { return arena_.slab_of(block) != slab; });
    const auto count = static_cast<std::size_t>(end - free.begin()) - i;
    if (count == kSmallBlocksInSlab) {
      large_.enqueue(make_block(slab, kSlabBytes));
      joined = true;
    } else {
      for (std::size_t k = 0; k < count; ++k) small_.enqueue(free[i + k]);
    }
    i += count;
  }
  return joined;
}

void BlockPool::replenish() {
  while (large_.size_approx() < kSlabsAhead) {
    std::byte* const slab = arena_.take(1);
    if (slab == nullptr) return;
    Arena::populate(slab, 1);
    large_.enqueue(make_block(slab, kSlabBytes));
    if (has_waiters()) wake_waiters();
  }
}

bool BlockPool::runs_dry() const noexcept { return large_.size_approx() < kSlabsAhead / 2; }

Block* BlockPool::wait(const std::function<Block*()>& attempt, const std::function<bool()>& give_up,
                       sync::Clock::time_point deadline) {
  waiters_.fetch_add(1, std::memory_order_seq_cst);
  Block* block = attempt();
  for (std::unique_lock lock(wait_mutex_); block == nullptr && !give_up();) {
    const auto now = sync::Clock::now();
    if (now >= deadline) break;
    freed_.wait_until(lock, std::min(deadline, now + kRecheck));
    lock.unlock();
    block = attempt();
    lock.lock();
  }
  waiters_.fetch_sub(1, std::memory_order_seq_cst);
  return block;
}

void BlockPool::wait_for_release(std::chrono::nanoseconds limit) {
  waiters_.fetch_add(1, std::memory_order_seq_cst);
  {
    std::unique_lock lock(wait_mutex_);
    freed_.wait_for(lock, limit);
  }
  waiters_.fetch_sub(1, std::memory_order_seq_cst);
}

void BlockPool::wake_waiters() noexcept {
  { const std::lock_guard lock(wait_mutex_); }
  freed_.notify_all();
}

bool BlockPool::under_pressure() const noexcept {
  const std::size_t own = own_bytes();
  const std::size_t used = used_bytes();
  return has_waiters() || (used > own && (used - own) / 3 > (bytes() - own) / 4);
}

bool BlockPool::is_half_full() const noexcept {
  const std::size_t own = own_bytes();
  const std::size_t used = used_bytes();
  return used > own && used - own > (bytes() - own) / 2;
}

std::size_t BlockPool::used_bytes() const noexcept {
  return static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, used_.load(std::memory_order_relaxed)));
}

}  // namespace neurotape
