#include "backends/codec/encode.hpp"

#include <blosc.h>
#include <cstring>
#include <lzf.h>
#include <new>

#include "backends/codec/adaptive.hpp"
#include "backends/codec/filters.hpp"
#include "backends/codec/fletcher32.hpp"
#include "backends/codec/scratch.hpp"
#include "backends/codec/shuffle.hpp"
#include "backends/deflate/deflate.hpp"

namespace neurotape::codec {
namespace {

/// The filters before the compressor. The result lives until the thread's next chunk.
std::span<const std::byte> shuffled(std::span<const std::byte> raw, std::size_t element_bytes) {
  if (element_bytes == 1) return raw;
  thread_local Scratch scratch;
  const auto out = scratch.take(raw.size());
  shuffle(raw, element_bytes, out);
  return out;
}

class NoneEncoder final : public Encoder {
 public:
  std::size_t bound(std::size_t raw_bytes) const override { return raw_bytes + kFletcher32Bytes; }

  Encoded encode(std::span<const std::byte> raw, std::span<std::byte> out) const override {
    check_sizes(Codec::none(), 1, raw.size());
    std::memcpy(out.data(), raw.data(), raw.size());
    return {append_fletcher32(out, raw.size()), 0};
  }
};

class GzipEncoder final : public Encoder {
 public:
  GzipEncoder(int level, std::size_t element_bytes) : level_(level), element_bytes_(element_bytes) {}

  std::size_t bound(std::size_t raw_bytes) const override { return deflate::bound(deflate::Format::zlib, raw_bytes); }

  Encoded encode(std::span<const std::byte> raw, std::span<std::byte> out) const override {
    check_sizes(Codec::gzip(), element_bytes_, raw.size());
    return {deflate::compress(deflate::Format::zlib, level_, shuffled(raw, element_bytes_), out), 0};
  }

 private:
  const int level_;
  const std::size_t element_bytes_;
};

class LzfEncoder final : public Encoder {
 public:
  explicit LzfEncoder(std::size_t element_bytes) : element_bytes_(element_bytes) {}

  std::size_t bound(std::size_t raw_bytes) const override { return raw_bytes + kFletcher32Bytes; }

  Encoded encode(std::span<const std::byte> raw, std::span<std::byte> out) const override {
    check_sizes(Codec::lzf(), element_bytes_, raw.size());
    const auto in = shuffled(raw, element_bytes_);
    const auto size = static_cast<unsigned>(in.size());
    const std::size_t compressed = lzf_compress(in.data(), size, out.data(), size - 1);
    if (compressed != 0) return {append_fletcher32(out, compressed), 0};
    std::memcpy(out.data(), in.data(), in.size());
    return {append_fletcher32(out, in.size()), mask_of_lzf()};
  }

 private:
  std::uint32_t mask_of_lzf() const noexcept { return element_bytes_ > 1 ? 0b10 : 0b01; }

  const std::size_t element_bytes_;
};

class BloscEncoder final : public Encoder {
 public:
  BloscEncoder(const Codec& codec, std::size_t element_bytes)
      : codec_(codec), type_bytes_(blosc_type_bytes(element_bytes)) {}

  std::size_t bound(std::size_t raw_bytes) const override { return raw_bytes + BLOSC_MAX_OVERHEAD + kFletcher32Bytes; }

  Encoded encode(std::span<const std::byte> raw, std::span<std::byte> out) const override {
    check_sizes(codec_, type_bytes_, raw.size());
    constexpr int kThreads = 1;
    constexpr std::size_t kAutomaticBlocks = 0;
    const int bytes = blosc_compress_ctx(codec_.level(), static_cast<int>(codec_.shuffle()), type_bytes_, raw.size(),
                                         raw.data(), out.data(), raw.size() + BLOSC_MAX_OVERHEAD,
                                         codec_.compressor().c_str(), kAutomaticBlocks, kThreads);
    // With this much room Blosc always succeeds, unless it cannot allocate its blocks.
    if (bytes <= 0) throw std::bad_alloc();
    return {append_fletcher32(out, static_cast<std::size_t>(bytes)), 0};
  }

 private:
  const Codec codec_;
  const std::size_t type_bytes_;
};

}  // namespace

std::unique_ptr<Encoder> make_encoder(const Codec& codec, std::size_t element_bytes) {
  filter_pipeline(codec, element_bytes, element_bytes);  // refuses what cannot be encoded
  switch (codec.family()) {
    case Codec::Family::none:
      return std::make_unique<NoneEncoder>();
    case Codec::Family::gzip:
      return std::make_unique<GzipEncoder>(codec.level(), element_bytes);
    case Codec::Family::lzf:
      return std::make_unique<LzfEncoder>(element_bytes);
    case Codec::Family::adaptive:
      return std::make_unique<AdaptiveEncoder>(codec.goal(), element_bytes);
    case Codec::Family::blosc:
      break;
  }
  return std::make_unique<BloscEncoder>(codec, element_bytes);
}

std::unique_ptr<Encoder> make_storing_encoder(std::size_t element_bytes) {
  return std::make_unique<GzipEncoder>(0, element_bytes);
}

}  // namespace neurotape::codec
