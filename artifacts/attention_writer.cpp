#include <fmt/format.h>

#include "artifacts/attention_maps.hpp"
#include "artifacts/map_contract.hpp"

namespace neurotape {

AttentionMapWriter::AttentionMapWriter(const std::filesystem::path& directory, const AttentionMapOptions& options,
                                       const StandAlone& how)
    : maps_(std::make_shared<detail::AttentionMaps>(directory, options, artifacts::crew_of_threads(how))) {}

AttentionMapWriter::AttentionMapWriter(std::shared_ptr<detail::AttentionMaps> maps) : maps_(std::move(maps)) {}
AttentionMapWriter::AttentionMapWriter(AttentionMapWriter&&) noexcept = default;
AttentionMapWriter& AttentionMapWriter::operator=(AttentionMapWriter&&) noexcept = default;
AttentionMapWriter::~AttentionMapWriter() = default;

bool AttentionMapWriter::save(const NpzValue& map, std::string_view file_id, const MapDetails& details) {
  return maps_->save({map}, {std::string(file_id)}, {details}) == 1;
}

std::size_t AttentionMapWriter::save_batch(const std::vector<NpzValue>& maps, const std::vector<std::string>& file_ids,
                                           const std::vector<MapDetails>& details) {
  return maps_->save(maps, file_ids, details);
}

std::size_t AttentionMapWriter::save_stack(const NpzValue& maps, const std::vector<std::string>& file_ids,
                                           const std::vector<MapDetails>& details) {
  const Shape& shape = maps_->options().shape;
  std::vector<std::uint64_t> dimensions{file_ids.size()};
  dimensions.insert(dimensions.end(), shape.dimensions().begin(), shape.dimensions().end());
  AttentionMapOptions whole = maps_->options();
  whole.shape = Shape(std::span<const std::uint64_t>(dimensions));
  if (file_ids.empty() && maps.size() == 0) return 0;
  artifacts::require_form(maps, whole);
  const auto values = static_cast<std::size_t>(shape.values());
  const auto* const first = reinterpret_cast<const float*>(maps.bytes().data());
  std::vector<NpzValue> each;
  for (std::size_t i = 0; i < file_ids.size(); ++i) each.emplace_back(ArrayView(first + i * values, values), shape);
  return maps_->save(each, file_ids, details);
}

AttentionSummary AttentionMapWriter::save_metadata(const nlohmann::json& user) { return maps_->save_metadata(user); }
AttentionSummary AttentionMapWriter::summary() const { return maps_->summary(); }
const std::filesystem::path& AttentionMapWriter::directory() const noexcept { return maps_->directory(); }
std::uint64_t AttentionMapWriter::size() const { return maps_->summary().maps; }
bool AttentionMapWriter::contains(std::string_view file_id) const { return maps_->contains(file_id); }
std::vector<MapEntry> AttentionMapWriter::manifest() const { return maps_->entries(); }
std::vector<std::string> AttentionMapWriter::unreadable() const { return maps_->unreadable(); }

}  // namespace neurotape
