#include "backends/hdf5/small_episode.hpp"

#include <algorithm>

#include "backends/hdf5/image_builder.hpp"

namespace neurotape::hdf5 {
namespace {

bool fits(const std::string& name, const nlohmann::json& value) {
  const bool may_be_large = value.is_string() || value.is_structured();
  return !may_be_large || name.size() + json_value(value).bytes.size() <= image::kMostAttributeBytes;
}

bool fit(const nlohmann::json& members) {
  const auto items = members.items();
  return std::all_of(items.begin(), items.end(), [](const auto& one) { return fits(one.key(), one.value()); });
}

ImageGroup groups_of(const SmallEpisode& episode) {
  ImageGroup root;
  root.attributes = first_attributes(*episode.info);
  root.attributes.set_members(episode.end->attributes);
  set_end(root.attributes, *episode.end);
  for (const auto& stream : episode.streams) {
    auto& attributes = root.at(stream.spec->path).attributes;
    attributes.set_members(stream.spec->attributes);
    const auto& unsorted = episode.end->unsorted;
    if (std::find(unsorted.begin(), unsorted.end(), stream.id) != unsorted.end())
      attributes.set("sorted", number_value(std::int64_t{0}));
    if (const auto late = episode.end->of_streams.find(stream.id); late != episode.end->of_streams.end())
      attributes.set_members(late->second);
  }
  return root;
}

}  // namespace

bool fits_in_headers(const SmallEpisode& episode) {
  const auto& [info, end, streams, gaps] = episode;
  const auto stream_fits = [](const SmallStream& stream) { return fit(stream.spec->attributes); };
  const auto late_fits = [](const auto& late) { return fit(late.second); };
  return fits("name", info->name) && fits("dt_unit", info->dt_unit) && fit(info->attributes) && fit(end->attributes) &&
         std::all_of(streams.begin(), streams.end(), stream_fits) &&
         std::all_of(end->of_streams.begin(), end->of_streams.end(), late_fits);
}

std::uint64_t append_small_episode(image::Image& image, Library& library, const SmallEpisode& episode,
                                   ChunkSource& chunks) {
  ImageBuilder builder(library, image);
  ImageGroup root = groups_of(episode);
  for (const auto& stream : episode.streams) builder.append_stream(root.at(stream.spec->path), stream, chunks);
  if (const auto gaps = episode.gaps; !gaps.empty())
    builder.append_records(root, "gaps", library.gap_record(), std::as_bytes(gaps), gaps.size());
  return builder.append(root);
}

std::uint64_t append_root(image::Image& image, Library& library, const FileHeader& header,
                          const std::map<std::string, std::uint64_t>& episodes) {
  return ImageBuilder(library, image).append_large(header_attributes(header), episodes);
}

}  // namespace neurotape::hdf5
