#pragma once
/// \file
/// Puts the rows of one column together to chunks.

#include <cstddef>
#include <cstdint>
#include <memory>

#include "recorder/stream_spec.hpp"
#include "recorder/work.hpp"

namespace neurotape {

/// Rows appended are either encoded straight from their block (a whole chunk at once, the open chunk being empty) or
/// copied into the open chunk's buffer. Thread safety: none; the stream's mutex.
class ColumnBuilder {
 public:
  /// Gives out what the builder makes; its owner knows the stream and the order.
  class Output {
   public:
    virtual void chunk(const ChunkPlace& place, const std::byte* raw, std::size_t bytes, Block* block,
                       BufferHandle buffer) = 0;
    virtual void open_rows(const OpenRows& place, BufferHandle buffer, const std::byte* raw, std::size_t bytes) = 0;

   protected:
    ~Output() = default;
  };

  ColumnBuilder(std::uint32_t column, const ColumnSpec& spec, const ColumnLayout& layout, BufferPool& buffers);

  /// `rows` rows that lie in `block` one after the other.
  void append(Output& out, Block* block, const std::byte* source, std::uint64_t rows);
  /// Gives out the rows of the open chunk that were not given out yet, to be stored raw.
  void send_open_rows(Output& out);
  /// The open chunk is the last one.
  void finish(Output& out);
  /// The rows of the open chunk, for the checksum of a commit.
  std::span<const std::byte> open_bytes() const;
  bool unsent() const noexcept { return fill_ > sent_; }

 private:
  void append_tiles(Output& out, Block* block, const std::byte* row);
  void close_chunk(Output& out);
  std::size_t chunk_bytes() const noexcept { return chunk_rows_ * row_bytes_; }

  std::uint32_t column_;
  std::size_t row_bytes_;
  std::size_t element_bytes_;
  std::vector<std::uint64_t> row_shape_;
  std::uint64_t chunk_rows_;
  std::vector<std::uint64_t> chunk_dims_;
  std::uint32_t tiles_;
  BufferPool* buffers_;
  BufferClaim claim_;

  std::uint64_t chunk_ = 0;  ///< number of the open chunk
  std::uint64_t fill_ = 0;   ///< rows in it
  std::uint64_t sent_ = 0;   ///< of these, given out raw
  BufferHandle buffer_;
};

}  // namespace neurotape
