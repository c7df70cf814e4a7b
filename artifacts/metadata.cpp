#include "artifacts/metadata.hpp"

#include <array>

#include "backends/io/new_file.hpp"

namespace neurotape::artifacts {
namespace {

constexpr std::uint64_t kMostBytes = 256U << 20U;

std::string_view name_of(OutOfRange policy) noexcept {
  constexpr std::array<std::string_view, 3> kNames{"reject", "clip", "off"};
  return kNames[static_cast<std::size_t>(policy)];
}

}  // namespace

std::string_view name_of(NpzCompression compression) noexcept {
  constexpr std::array<std::string_view, 3> kNames{"none", "fast", "small"};
  return kNames[static_cast<std::size_t>(compression)];
}

std::string metadata_text(const AttentionSummary& sums, const AttentionMapOptions& options,
                          const std::vector<std::string>& unreadable, const nlohmann::json& user) {
  const nlohmann::ordered_json text{{"format", "neurotape attention maps"},
                                    {"format_version", 1},
                                    {"count", sums.maps},
                                    {"shape", options.shape.dimensions()},
                                    {"dtype", "float32"},
                                    {"range", {options.lowest, options.highest}},
                                    {"out_of_range", name_of(options.out_of_range)},
                                    {"nan", options.refuse_nan ? "refused" : "kept"},
                                    {"maps_clipped", sums.maps_clipped},
                                    {"values_clipped", sums.values_clipped},
                                    {"raw_bytes", sums.raw_bytes},
                                    {"stored_bytes", sums.stored_bytes},
                                    {"ratio", sums.ratio()},
                                    {"compression", name_of(sums.compression)},
                                    {"seconds", sums.seconds},
                                    {"unreadable", unreadable},
                                    {"user", user}};
  return text.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

KeptMetadata read_metadata(const std::filesystem::path& path) {
  try {
    const auto text = nlohmann::json::parse(io::read_text(path, kMostBytes));
    return {text.value("user", nlohmann::json::object()), text.value("seconds", 0.0)};
  } catch (const std::exception&) {  // all else can be made anew
    return {};
  }
}

}  // namespace neurotape::artifacts
