#include "backends/codec/adaptive.hpp"

#include <algorithm>
#include <bit>
#include <ctime>
#include <limits>

#include "backends/codec/encode.hpp"
#include "backends/codec/scratch.hpp"
#include "neurotape/error.hpp"

namespace neurotape::codec {
namespace {

constexpr std::size_t kPieceBytes = 128U << 10;
constexpr double kFastest = 1, kBalanced = 10, kSmallest = 1e9;  // nanoseconds for a stored byte

double value_of(Goal goal) {
  if (goal == Goal::fastest) return kFastest;
  return goal == Goal::smallest ? kSmallest : kBalanced;
}

/// From the cheapest on.
std::vector<Codec> candidates(Goal goal) {
  constexpr auto kBit = Shuffle::bit;
  const std::vector<Codec> quick = {Codec::blosc("lz4", 1), Codec::blosc("lz4", 5), Codec::blosc("lz4", 5, kBit)};
  std::vector<Codec> all = quick;
  if (goal == Goal::portable) return {Codec::gzip(1), Codec::gzip(4), Codec::gzip(6)};
  if (goal == Goal::fastest) return all;
  const int level = goal == Goal::smallest ? 9 : 1;
  for (const auto shuffle : {Shuffle::byte, kBit, Shuffle::none}) all.push_back(Codec::blosc("zstd", level, shuffle));
  return all;
}

/// From the middle of a chunk, whole elements.
std::span<const std::byte> piece_of(std::span<const std::byte> raw, std::size_t element_bytes) {
  const auto elements = std::max<std::size_t>(1, std::min(raw.size(), kPieceBytes) / element_bytes);
  const auto bytes = std::min(raw.size(), elements * element_bytes);
  const auto before = (raw.size() - bytes) / 2 / element_bytes * element_bytes;
  return raw.subspan(before, bytes);
}

/// Of processor time: others may be at work there, too.
double nanoseconds_of_this_thread() noexcept {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

}  // namespace

AdaptiveEncoder::AdaptiveEncoder(Goal goal, std::size_t element_bytes)
    : ns_for_a_stored_byte_(value_of(goal)), element_bytes_(element_bytes) {
  if (goal == Goal::portable)
    settings_.push_back({"gzip:0", make_storing_encoder(element_bytes)});
  else
    add(Codec::blosc("lz4", 0, Shuffle::none), element_bytes);
  for (const auto& codec : candidates(goal)) add(codec, element_bytes);
  hasty_ = goal == Goal::portable ? 0 : 1;
  chosen_ = 1;
}

void AdaptiveEncoder::add(const Codec& codec, std::size_t element_bytes) {
  try {
    settings_.push_back({codec.to_string(), make_encoder(codec, element_bytes)});
  } catch (const Error& error) {  // a compressor that this Blosc lacks
    if (error.code() != ErrorCode::unsupported) throw;
  }
}

std::size_t AdaptiveEncoder::bound(std::size_t raw_bytes) const {
  std::size_t most = 0;
  for (const auto& setting : settings_) most = std::max(most, setting.encoder->bound(raw_bytes));
  return most;
}

bool AdaptiveEncoder::is_time_to_try() const noexcept {
  const auto number = chunks_.fetch_add(1, std::memory_order_relaxed);
  return number == 0 || (std::has_single_bit(number) && std::countr_zero(number) % 2 == 0);
}

Encoded AdaptiveEncoder::encode(std::span<const std::byte> raw, std::span<std::byte> out) const {
  if (is_time_to_try()) try_all(raw);
  return best().encode(raw, out);
}

Encoded AdaptiveEncoder::encode_in_haste(std::span<const std::byte> raw, std::span<std::byte> out) const {
  const auto setting = std::min(hasty_, chosen_.load(std::memory_order_relaxed));
  return settings_[setting].encoder->encode(raw, out);
}

std::string AdaptiveEncoder::chosen() const { return settings_[chosen_.load(std::memory_order_relaxed)].name; }

void AdaptiveEncoder::try_all(std::span<const std::byte> raw) const {
  const std::unique_lock lock(trying_, std::try_to_lock);
  if (!lock.owns_lock()) return;  // somebody is at it
  const auto piece = piece_of(raw, element_bytes_);
  cost(*settings_.front().encoder, piece);  // from here on no memory is touched for the first time
  double least = std::numeric_limits<double>::max();
  std::size_t best = 0;
  for (std::size_t i = 0; i < settings_.size(); ++i) {
    const double found = cost(*settings_[i].encoder, piece);
    if (found >= least) continue;
    least = found;
    best = i;
  }
  chosen_.store(best, std::memory_order_relaxed);
}

double AdaptiveEncoder::cost(const Encoder& encoder, std::span<const std::byte> piece) const {
  thread_local Scratch scratch;
  const auto out = scratch.take(encoder.bound(piece.size()));
  const double start = nanoseconds_of_this_thread();
  const auto stored = encoder.encode(piece, out).bytes;
  const double taken = nanoseconds_of_this_thread() - start;
  return (taken + ns_for_a_stored_byte_ * static_cast<double>(stored)) / static_cast<double>(piece.size());
}

}  // namespace neurotape::codec
