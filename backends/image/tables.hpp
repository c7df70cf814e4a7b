#pragma once
/// \file
/// What finds one of many: the chunks of a dataset, the links of a large group. Both are built at once from all that they
/// hold.

#include <map>
#include <span>
#include <string>

#include "backends/image/object_header.hpp"

namespace neurotape::image {

/// A fixed array (specification, III.F). \param chunks in the order of their places, the last dimension fastest
/// \param chunk_bytes of a whole one before the filters \returns its address
std::uint64_t append_chunk_table(Image& image, std::span<const StoredChunk> chunks, std::uint64_t chunk_bytes,
                                 bool is_filtered);

struct SymbolTable {
  std::uint64_t tree = kNowhere;
  std::uint64_t heap = kNowhere;
};
/// A B-tree of version 1 with its symbol table nodes, and the heap of names (III.A, III.C, III.D).
/// \param links name and address of an object; not empty
SymbolTable append_symbol_table(Image& image, const std::map<std::string, std::uint64_t>& links);

}  // namespace neurotape::image
