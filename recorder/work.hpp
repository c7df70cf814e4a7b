#pragma once
/// \file
/// What goes from the workers to the writer thread, and the work that waits for a worker.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "recorder/backend.hpp"
#include "recorder/block_pool.hpp"
#include "recorder/buffer_pool.hpp"

namespace neurotape {

class StreamState;
struct Epoch;

/// A counted reference to a block that is being read.
class BlockReference {
 public:
  BlockReference() = default;
  BlockReference(Block* block, BlockPool* pool) noexcept : block_(block), pool_(pool) {
    if (block_ != nullptr) block_->references.fetch_add(1, std::memory_order_relaxed);
  }
  BlockReference(BlockReference&& other) noexcept : block_(std::exchange(other.block_, nullptr)), pool_(other.pool_) {}
  BlockReference& operator=(BlockReference&& other) noexcept {
    std::swap(block_, other.block_);
    std::swap(pool_, other.pool_);
    return *this;
  }
  ~BlockReference() { drop(block_, pool_); }

  static void drop(Block* block, BlockPool* pool) noexcept {
    if (block != nullptr && block->references.fetch_sub(1, std::memory_order_acq_rel) == 1) pool->release(block);
  }

 private:
  Block* block_ = nullptr;
  BlockPool* pool_ = nullptr;
};

/// A full chunk of one column, raw, that waits to be encoded.
struct EncodeJob {
  std::shared_ptr<StreamState> stream;
  std::uint64_t order = 0;  ///< within the stream: the writer keeps to it
  ChunkPlace place;
  const std::byte* raw = nullptr;
  std::size_t raw_bytes = 0;
  BlockReference block;  ///< what holds the raw bytes: a block ...
  BufferHandle buffer;   ///< ... or a buffer
};

struct DeclareItem {
  StreamLayout layout;
};
struct ChunkItem {
  ChunkPlace place;
  BufferHandle stored;
  Encoded encoded;
};
struct OpenRowsItem {
  OpenRows place;
  BufferHandle buffer;
  const std::byte* raw = nullptr;
  std::size_t bytes = 0;
};
struct IndexItem {
  std::int64_t first_timestep = 0;
  std::int64_t last_timestep = 0;
  std::uint64_t rows = 0;
};
/// The rows of the stream that the commit makes safe end here.
struct MarkItem {
  std::shared_ptr<Epoch> epoch;
  std::uint64_t rows = 0;
  std::uint64_t hash = 0;
  std::int64_t last_timestep = 0;
};
struct EndItem {
  std::uint64_t rows = 0;
  std::int64_t first_timestep = 0;
  std::int64_t last_timestep = -1;
  double sum_of_values = 0;
};
/// One step in the life of a stream in the file. The writer takes a stream's items in their order, whatever the order in
/// which workers are done with them.
struct StreamItem {
  std::shared_ptr<StreamState> stream;
  std::uint64_t order = 0;
  std::variant<DeclareItem, ChunkItem, OpenRowsItem, IndexItem, Gap, MarkItem, EndItem> what;
};

/// Where a stream puts its work. Called with the stream's mutex held.
class WorkSink {
 public:
  virtual void encode(EncodeJob job) = 0;
  virtual void write(StreamItem item) = 0;

 protected:
  ~WorkSink() = default;
};

}  // namespace neurotape
