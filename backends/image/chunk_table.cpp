#include <algorithm>
#include <bit>

#include "backends/driver/superblock.hpp"
#include "backends/image/tables.hpp"

namespace neurotape::image {
namespace {

constexpr std::size_t kPageChunks = std::size_t{1} << kTablePageBits;
constexpr std::size_t kHeaderBytes = 28;

/// How many bytes libhdf5 gives to the size of a chunk that went through filters.
std::size_t size_bytes(std::uint64_t chunk_bytes) {
  const auto log2 = static_cast<std::size_t>(std::bit_width(chunk_bytes)) - 1;
  return std::min<std::size_t>(8, 1 + (log2 + 8) / 8);
}

void put_sum(Bytes& to, std::size_t from) { put(to, driver::lookup3(std::span(to).subspan(from)), 4); }

void put_start(Bytes& to, std::string_view signature, bool is_filtered) {
  put(to, signature);
  put(to, 0, 1);
  put(to, is_filtered ? 1 : 0, 1);
}

}  // namespace

std::uint64_t append_chunk_table(Image& image, std::span<const StoredChunk> chunks, std::uint64_t chunk_bytes,
                                 bool is_filtered) {
  const auto size_width = size_bytes(chunk_bytes);
  Bytes header;
  put_start(header, "FAHD", is_filtered);
  put(header, is_filtered ? 8 + size_width + 4 : 8, 1);
  put(header, kTablePageBits, 1);
  put(header, chunks.size(), 8);
  put(header, image.end() + kHeaderBytes, 8);
  put_sum(header, 0);
  const auto address = image.append(header);

  Bytes block;
  put_start(block, "FADB", is_filtered);
  put(block, address, 8);
  const bool paged = chunks.size() > kPageChunks;
  if (paged) {
    const auto pages = (chunks.size() + kPageChunks - 1) / kPageChunks;
    Bytes is_there((pages + 7) / 8);
    for (std::size_t page = 0; page < pages; ++page) is_there[page / 8] |= std::byte{0x80} >> (page % 8);
    put(block, is_there);
    put_sum(block, 0);
  }
  for (std::size_t page_start = paged ? block.size() : 0; !chunks.empty(); page_start = block.size()) {
    const auto page = chunks.first(paged ? std::min(chunks.size(), kPageChunks) : chunks.size());
    for (const auto& chunk : page) {
      put(block, chunk.address, 8);
      if (!is_filtered) continue;
      put(block, chunk.bytes, size_width);
      put(block, chunk.filter_mask, 4);
    }
    put_sum(block, page_start);
    chunks = chunks.subspan(page.size());
  }
  image.append(block);
  return address;
}

}  // namespace neurotape::image
