#include "neurotape/codec.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <utility>
#include <vector>

#include "neurotape/error.hpp"

namespace neurotape {
namespace {

constexpr std::array<std::string_view, 5> kCompressors = {"lz4", "lz4hc", "zstd", "blosclz", "zlib"};
constexpr std::array<std::string_view, 3> kShuffles = {"none", "byte", "bit"};  // in the order of Shuffle
constexpr std::array<std::string_view, 4> kGoals = {"fastest", "balanced", "smallest", "portable"};  // as Goal
constexpr std::string_view kSyntax =
    "'none', 'gzip[:level]', 'lzf', 'blosc[:compressor[:level[:shuffle]]]' or 'adaptive[:goal]', such as "
    "'blosc:zstd:3:bit'";

[[noreturn]] void refuse(const std::string& message) { throw Error(ErrorCode::invalid_argument, message); }

void check_level(std::string_view codec, int level, int lowest) {
  if (level < lowest || level > 9)
    refuse(fmt::format("codec '{}': level {} is not one of {} to 9", codec, level, lowest));
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t colon; (colon = text.find(':')) != text.npos; text.remove_prefix(colon + 1))
    parts.push_back(text.substr(0, colon));
  parts.push_back(text);
  return parts;
}

int parse_level(std::string_view text, std::string_view whole) {
  int level = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), level);
  if (error != std::errc() || end != text.data() + text.size())
    refuse(fmt::format("codec '{}': the level '{}' is not a whole number", whole, text));
  return level;
}

Shuffle parse_shuffle(std::string_view text, std::string_view whole) {
  const auto* found = std::find(kShuffles.begin(), kShuffles.end(), text);
  if (found == kShuffles.end())
    refuse(fmt::format("codec '{}': the shuffle '{}' is not one of {}", whole, text, fmt::join(kShuffles, ", ")));
  return static_cast<Shuffle>(found - kShuffles.begin());
}

Goal parse_goal(std::string_view text, std::string_view whole) {
  const auto* found = std::find(kGoals.begin(), kGoals.end(), text);
  if (found == kGoals.end())
    refuse(fmt::format("codec '{}': the goal '{}' is not one of {}", whole, text, fmt::join(kGoals, ", ")));
  return static_cast<Goal>(found - kGoals.begin());
}

Codec parse_blosc(const std::vector<std::string_view>& parts, std::string_view whole) {
  const Codec defaults = Codec::blosc();
  return Codec::blosc(parts.size() > 1 ? parts[1] : defaults.compressor(),
                      parts.size() > 2 ? parse_level(parts[2], whole) : defaults.level(),
                      parts.size() > 3 ? parse_shuffle(parts[3], whole) : defaults.shuffle());
}

}  // namespace

Codec::Codec(Family family, int level, std::string compressor, Shuffle shuffle)
    : family_(family), level_(level), compressor_(std::move(compressor)), shuffle_(shuffle) {}

Codec Codec::none() { return {Family::none, 0, "", Shuffle::none}; }

Codec Codec::gzip(int level) {
  check_level("gzip", level, 1);
  return {Family::gzip, level, "", Shuffle::byte};
}

Codec Codec::lzf() { return {Family::lzf, 0, "", Shuffle::byte}; }

Codec Codec::blosc(std::string_view name, int level, Shuffle shuffle) {
  if (std::find(kCompressors.begin(), kCompressors.end(), name) == kCompressors.end())
    refuse(fmt::format("codec 'blosc': compressor '{}' is not one of {}", name, fmt::join(kCompressors, ", ")));
  check_level("blosc", level, 0);
  if (shuffle < Shuffle::none || shuffle > Shuffle::bit)
    refuse(fmt::format("codec 'blosc': the shuffle is not one of {}", fmt::join(kShuffles, ", ")));
  return {Family::blosc, level, std::string(name), shuffle};
}

Codec Codec::adaptive(Goal goal) {
  if (goal < Goal::fastest || goal > Goal::portable)
    refuse(fmt::format("codec 'adaptive': the goal is not one of {}", fmt::join(kGoals, ", ")));
  Codec codec(Family::adaptive, 0, "", Shuffle::none);
  codec.goal_ = goal;
  return codec;
}

Codec Codec::parse(std::string_view text) {
  const auto parts = split(text);
  if (parts[0] == "none" && parts.size() == 1) return none();
  if (parts[0] == "gzip" && parts.size() == 1) return gzip();
  if (parts[0] == "gzip" && parts.size() == 2) return gzip(parse_level(parts[1], text));
  if (parts[0] == "lzf" && parts.size() == 1) return lzf();
  if (parts[0] == "blosc" && parts.size() <= 4) return parse_blosc(parts, text);
  if (parts[0] == "adaptive" && parts.size() == 1) return adaptive();
  if (parts[0] == "adaptive" && parts.size() == 2) return adaptive(parse_goal(parts[1], text));
  refuse(fmt::format("codec '{}' is not {}", text, kSyntax));
}

std::string Codec::to_string() const {
  switch (family_) {
    case Family::none:
      return "none";
    case Family::gzip:
      return fmt::format("gzip:{}", level_);
    case Family::lzf:
      return "lzf";
    case Family::adaptive:
      return fmt::format("adaptive:{}", kGoals[static_cast<std::size_t>(goal_)]);
    case Family::blosc:
      break;
  }
  return fmt::format("blosc:{}:{}:{}", compressor_, level_, kShuffles[static_cast<std::size_t>(shuffle_)]);
}

}  // namespace neurotape
