#include "backends/codec/decode.hpp"

#include <algorithm>
#include <array>
#include <blosc.h>
#include <cstring>
#include <fmt/format.h>
#include <limits>
#include <lzf.h>

#include "backends/codec/fletcher32.hpp"
#include "backends/codec/scratch.hpp"
#include "backends/codec/shuffle.hpp"
#include "backends/deflate/deflate.hpp"
#include "neurotape/error.hpp"

namespace neurotape::codec {
namespace {

constexpr std::size_t kMostFilters = 32;  // HDF5's own limit: a bit each in the mask

[[noreturn]] void damaged(const std::string& what) { throw Error(ErrorCode::damaged, what); }

bool is_compressor(const Filter& filter) noexcept {
  return filter.id == kDeflate || filter.id == kLzf || filter.id == kBlosc;
}

void lzf_decompress_to(std::span<const std::byte> in, std::span<std::byte> out) {
  constexpr std::size_t kMost = std::numeric_limits<unsigned>::max();
  if (in.empty() || in.size() > kMost || out.size() > kMost) damaged("an LZF chunk has an impossible size");
  if (lzf_decompress(in.data(), static_cast<unsigned>(in.size()), out.data(), static_cast<unsigned>(out.size())) !=
      out.size())
    damaged("an LZF chunk does not decompress to the size of its dataset's chunks");
}

void blosc_decompress_to(std::span<const std::byte> in, std::span<std::byte> out) {
  std::size_t bytes = 0;
  if (in.size() < BLOSC_MIN_HEADER_LENGTH || blosc_cbuffer_validate(in.data(), in.size(), &bytes) != 0)
    damaged("a chunk does not begin as Blosc data of its size");
  if (bytes != out.size()) damaged("a Blosc chunk does not have the size of its dataset's chunks");
  constexpr int kThreads = 1;
  const int result = blosc_decompress_ctx(in.data(), out.data(), out.size(), kThreads);
  if (result < 0 || static_cast<std::size_t>(result) != out.size()) damaged("a Blosc chunk does not decompress");
}

void unshuffle_to(const Filter& filter, std::span<const std::byte> in, std::span<std::byte> out) {
  if (filter.parameters.size() != 1 || filter.parameters[0] == 0)
    damaged("a shuffle filter does not say how large an element is");
  if (in.size() != out.size()) damaged("a chunk does not have the size of its dataset's chunks");
  unshuffle(in, filter.parameters[0], out);
}

/// Undoes a filter other than Fletcher32, which has nothing to undo.
void undo(const Filter& filter, std::span<const std::byte> in, std::span<std::byte> out) {
  switch (filter.id) {
    case kDeflate:
      return deflate::decompress(deflate::Format::zlib, in, out);
    case kLzf:
      return lzf_decompress_to(in, out);
    case kBlosc:
      return blosc_decompress_to(in, out);
    default:
      return unshuffle_to(filter, in, out);
  }
}

/// The filters that one chunk went through, and how many bytes each was given.
struct Step {
  const Filter* filter = nullptr;
  std::size_t input_bytes = 0;
};
struct Steps {
  std::array<Step, kMostFilters> step;
  std::size_t count = 0;
};

/// All sizes but a compressor's result follow from the chunk's; with one compressor this suffices, as
/// what comes behind it only trims.
Steps steps_of(std::span<const Filter> filters, std::uint32_t filter_mask, std::size_t chunk_bytes) {
  Steps steps;
  std::size_t bytes = chunk_bytes;
  for (std::size_t i = 0; i < filters.size(); ++i) {
    if ((filter_mask >> i & 1) != 0) continue;
    steps.step[steps.count++] = {&filters[i], bytes};
    if (filters[i].id == kFletcher32) bytes += kFletcher32Bytes;
  }
  return steps;
}

}  // namespace

bool can_decode(std::span<const Filter> filters) noexcept {
  const bool known = std::all_of(filters.begin(), filters.end(), [](const Filter& filter) {
    return is_compressor(filter) || filter.id == kShuffle || filter.id == kFletcher32;
  });
  return known && filters.size() <= kMostFilters && std::count_if(filters.begin(), filters.end(), is_compressor) <= 1;
}

void decode(std::span<const Filter> filters, std::uint32_t filter_mask, std::span<const std::byte> stored,
            std::span<std::byte> out) {
  if (!can_decode(filters)) throw Error(ErrorCode::unsupported, "a chunk went through filters that are not known here");
  if (out.empty()) damaged("a dataset has chunks of no bytes");
  thread_local std::array<Scratch, 2> scratch;
  const Steps steps = steps_of(filters, filter_mask, out.size());
  std::span<const std::byte> current = stored;
  std::size_t turn = 0;  // alternates, so that no filter is undone in place
  for (std::size_t i = steps.count; i-- > 0;) {
    const Step& step = steps.step[i];
    if (step.filter->id == kFletcher32) {
      current = verify_fletcher32(current);
      continue;
    }
    // After a compressor the size is known; a shuffle has the size of what it is given.
    const std::size_t bytes = is_compressor(*step.filter) ? step.input_bytes : current.size();
    const auto target = i == 0 ? out : scratch[turn++ % scratch.size()].take(bytes);
    undo(*step.filter, current, target);
    current = target;
  }
  if (current.size() != out.size()) damaged("a chunk does not have the size of its dataset's chunks");
  if (current.data() != out.data()) std::memcpy(out.data(), current.data(), out.size());
}

}  // namespace neurotape::codec
