#include "backends/codec/filters.hpp"

#include <blosc.h>
#include <fmt/format.h>
#include <limits>

#include "neurotape/error.hpp"

namespace neurotape::codec {
namespace {

// What the filters of h5py and of the Blosc plug-in write in their first parameters.
constexpr unsigned kLzfFilterRevision = 4;
constexpr unsigned kLzfApiVersion = 0x0105;
constexpr unsigned kBloscFilterRevision = 2;
constexpr unsigned kBloscFormatVersion = 2;

constexpr std::size_t kChecksumBytes = 4;

Filter shuffle(std::size_t element_bytes) { return {kShuffle, true, {static_cast<unsigned>(element_bytes)}}; }

Filter fletcher32() { return {kFletcher32, false, {}}; }

Filter blosc(const Codec& codec, std::size_t element_bytes, std::size_t chunk_bytes) {
  const int code = blosc_compname_to_compcode(codec.compressor().c_str());
  if (code < 0)
    throw Error(ErrorCode::unsupported, fmt::format("the Blosc library here was built without '{}'; it has {}",
                                                    codec.compressor(), blosc_list_compressors()));
  return {kBlosc,
          true,
          {kBloscFilterRevision, kBloscFormatVersion, static_cast<unsigned>(blosc_type_bytes(element_bytes)),
           static_cast<unsigned>(chunk_bytes), static_cast<unsigned>(codec.level()),
           static_cast<unsigned>(codec.shuffle()), static_cast<unsigned>(code)}};
}

/// What every chunk of it can be read as.
Codec without_choice(const Codec& codec) {
  if (codec.family() != Codec::Family::adaptive) return codec;
  return codec.goal() == Goal::portable ? Codec::gzip() : Codec::blosc();
}

}  // namespace

static_assert(static_cast<int>(Shuffle::none) == BLOSC_NOSHUFFLE);
static_assert(static_cast<int>(Shuffle::byte) == BLOSC_SHUFFLE);
static_assert(static_cast<int>(Shuffle::bit) == BLOSC_BITSHUFFLE);
static_assert(kBloscFormatVersion == BLOSC_VERSION_FORMAT);

std::size_t blosc_type_bytes(std::size_t element_bytes) noexcept {
  return element_bytes > BLOSC_MAX_TYPESIZE ? 1 : element_bytes;
}

std::size_t max_chunk_bytes(const Codec& codec) noexcept {
  if (codec.family() == Codec::Family::blosc || codec.family() == Codec::Family::adaptive) return BLOSC_MAX_BUFFERSIZE;
  // What stored deflate blocks and a checksum add must fit as well: 5 bytes in 65,535.
  constexpr std::size_t kRoom = std::numeric_limits<std::uint32_t>::max() / 8192 + kChecksumBytes;
  return std::numeric_limits<std::uint32_t>::max() - kRoom;
}

void check_sizes(const Codec& codec, std::size_t element_bytes, std::size_t chunk_bytes) {
  if (element_bytes == 0 || element_bytes > std::numeric_limits<std::uint32_t>::max())
    throw Error(ErrorCode::invalid_argument, fmt::format("elements of {} bytes cannot be encoded", element_bytes));
  if (chunk_bytes == 0 || chunk_bytes > max_chunk_bytes(codec))
    throw Error(ErrorCode::invalid_argument,
                fmt::format("a chunk of {} bytes cannot be encoded by '{}': allowed are 1 to {}", chunk_bytes,
                            codec.to_string(), max_chunk_bytes(codec)));
}

std::vector<Filter> filter_pipeline(const Codec& asked, std::size_t element_bytes, std::size_t chunk_bytes) {
  check_sizes(asked, element_bytes, chunk_bytes);
  const Codec codec = without_choice(asked);
  std::vector<Filter> filters;
  const auto family = codec.family();
  if (element_bytes > 1 && (family == Codec::Family::gzip || family == Codec::Family::lzf))
    filters.push_back(shuffle(element_bytes));
  switch (family) {
    case Codec::Family::gzip:
      filters.push_back({kDeflate, true, {static_cast<unsigned>(codec.level())}});
      return filters;
    case Codec::Family::lzf:
      filters.push_back({kLzf, true, {kLzfFilterRevision, kLzfApiVersion, static_cast<unsigned>(chunk_bytes)}});
      break;
    case Codec::Family::blosc:
      filters.push_back(blosc(codec, element_bytes, chunk_bytes));
      break;
    case Codec::Family::none:
    case Codec::Family::adaptive:
      break;
  }
  filters.push_back(fletcher32());
  return filters;
}

}  // namespace neurotape::codec
