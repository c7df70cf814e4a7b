#include "recorder/column_builder.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "recorder/chunk_layout.hpp"

namespace neurotape {

ColumnBuilder::ColumnBuilder(std::uint32_t column, const ColumnSpec& spec, const ColumnLayout& layout,
                             BufferPool& buffers)
    : column_(column),
      row_bytes_(spec.row_bytes()),
      element_bytes_(spec.element_bytes()),
      row_shape_(spec.shape),
      chunk_rows_(layout.chunk_rows),
      chunk_dims_(layout.chunk_dims),
      tiles_(layout.tiles),
      buffers_(&buffers),
      claim_(buffers, tiles_ == 1 ? chunk_bytes() : 0) {}

void ColumnBuilder::append(Output& out, Block* block, const std::byte* source, std::uint64_t rows) {
  if (tiles_ > 1) {
    for (std::uint64_t i = 0; i < rows; ++i) append_tiles(out, block, source + i * row_bytes_);
    return;
  }
  while (rows > 0) {
    if (fill_ == 0 && rows >= chunk_rows_) {
      out.chunk({0, column_, chunk_++, 0, chunk_rows_}, source, chunk_bytes(), block, nullptr);
      source += chunk_bytes();
      rows -= chunk_rows_;
      continue;
    }
    const std::uint64_t piece = std::min(rows, chunk_rows_ - fill_);
    // Grows with its rows: the open chunk of a slow stream costs what it holds, not what it may hold.
    const std::size_t need = (fill_ + piece) * row_bytes_;
    if (buffer_ == nullptr || buffer_->bytes() < need) {
      auto larger = buffers_->acquire(std::min(chunk_bytes(), std::bit_ceil(need)));
      if (buffer_ != nullptr) std::memcpy(larger->data(), buffer_->data(), fill_ * row_bytes_);
      buffer_ = std::move(larger);
    }
    std::memcpy(buffer_->data() + fill_ * row_bytes_, source, piece * row_bytes_);
    fill_ += piece;
    source += piece * row_bytes_;
    rows -= piece;
    if (fill_ == chunk_rows_) close_chunk(out);
  }
}

void ColumnBuilder::append_tiles(Output& out, Block* block, const std::byte* row) {
  const std::size_t tile_bytes = tile_values(chunk_dims_) * element_bytes_;
  for (std::uint32_t tile = 0; tile < tiles_; ++tile) {
    const ValueRange range = tile_range(row_shape_, chunk_dims_, tile);
    const std::byte* const source = row + range.first * element_bytes_;
    const std::size_t bytes = range.count * element_bytes_;
    const ChunkPlace place{0, column_, chunk_, tile, 1};
    if (bytes == tile_bytes) {
      out.chunk(place, source, bytes, block, nullptr);
    } else {  // the last tile of an axis sticks out of the dataset
      auto padded = buffers_->acquire(tile_bytes);
      std::memcpy(padded->data(), source, bytes);
      std::memset(padded->data() + bytes, 0, tile_bytes - bytes);
      out.chunk(place, padded->data(), tile_bytes, nullptr, padded);
    }
  }
  ++chunk_;
}

void ColumnBuilder::send_open_rows(Output& out) {
  if (!unsent()) return;
  const std::byte* const raw = buffer_->data() + sent_ * row_bytes_;
  out.open_rows({0, column_, chunk_, sent_, fill_ - sent_}, buffer_, raw, (fill_ - sent_) * row_bytes_);
  sent_ = fill_;
}

void ColumnBuilder::finish(Output& out) {
  if (fill_ == 0) return;
  if (buffer_->bytes() < chunk_bytes()) {
    auto whole = buffers_->acquire(chunk_bytes());
    std::memcpy(whole->data(), buffer_->data(), fill_ * row_bytes_);
    buffer_ = std::move(whole);
  }
  std::memset(buffer_->data() + fill_ * row_bytes_, 0, chunk_bytes() - fill_ * row_bytes_);
  close_chunk(out);
}

void ColumnBuilder::close_chunk(Output& out) {
  const std::byte* const raw = buffer_->data();
  out.chunk({0, column_, chunk_, 0, fill_}, raw, chunk_bytes(), nullptr, std::move(buffer_));
  buffer_ = nullptr;
  ++chunk_;
  fill_ = sent_ = 0;
}

std::span<const std::byte> ColumnBuilder::open_bytes() const {
  if (buffer_ == nullptr) return {};
  return {buffer_->data(), fill_ * row_bytes_};
}

}  // namespace neurotape
