#pragma once
/// \file
/// Chunks to stored bytes.

#include <cstddef>
#include <memory>

#include "neurotape/codec.hpp"
#include "recorder/encoder.hpp"

namespace neurotape::codec {

/// An encoder whose bytes the filters of `filter_pipeline(codec, element_bytes, ...)` read.
///
/// A chunk of `gzip` or `blosc` that does not shrink is stored inside their own formats; one of `lzf`
/// leaves out the LZF filter, by the filter mask. Checksums are never left out.
///
/// `encode` is for any number of threads at once. `raw` is one whole chunk: 1 byte to
/// `max_chunk_bytes(codec)`, else it throws Error invalid_argument; std::bad_alloc when memory is short.
///
/// Memory: a thread that encodes `gzip` or `lzf` keeps one chunk for shuffled bytes and the state of the
/// compressor (see deflate.hpp; LZF has 256 KiB on the stack); Blosc allocates its blocks, up to three
/// times the smaller of a chunk and 2 MiB, for the time of a call and offers no way to keep them.
/// \throws Error invalid_argument when `element_bytes` is 0, unsupported when this Blosc lacks the
/// compressor.
std::unique_ptr<Encoder> make_encoder(const Codec& codec, std::size_t element_bytes);

/// What `gzip` reads, in stored blocks: bytes are shuffled, and not compressed.
std::unique_ptr<Encoder> make_storing_encoder(std::size_t element_bytes);

}  // namespace neurotape::codec
