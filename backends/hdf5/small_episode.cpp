#include "backends/hdf5/small_episode.hpp"

#include <algorithm>

#include "backends/hdf5/append_dataset.hpp"
#include "backends/hdf5/dataset_writer.hpp"
#include "backends/hdf5/episode_attributes.hpp"

namespace neurotape::hdf5 {
namespace {

/// A dataset that will not grow needs no index of its chunks that could: with limits HDF5 takes the smallest.
Handle create_fixed(Library& library, hid_t group, const ColumnSpec& column, const ColumnLayout& layout,
                    const ChunkGrid& grid, std::uint64_t rows, bool has_attributes) {
  const auto space = create_space(grid.extent(rows), grid.extent(std::max(rows, rows == 0 ? 0 : grid.chunk_rows())));
  const auto creation =
      rows == 0 ? library.plain_creation(0) : library.chunked_creation(grid.chunk(), layout.filters, has_attributes);
  return create_dataset(group, column.name, library.type(column), space.get(), library.link_creation(), creation,
                        library.dataset_access());
}

void write_column(Library& library, hid_t group, const SmallStream& stream, std::uint32_t number, ChunkSource& source) {
  const auto& column = stream.spec->columns[number];
  const auto& layout = stream.layout->columns.at(number);
  const ChunkGrid grid(column, layout);
  const auto dataset = create_fixed(library, group, column, layout, grid, stream.rows, number == 0);
  if (number == 0) set_attribute(library, dataset.get(), "stream_id", std::int64_t{stream.id});
  for (std::uint64_t chunk = 0; chunk < grid.chunks(stream.rows); ++chunk) {
    for (std::uint32_t tile = 0; tile < grid.tiles(); ++tile) {
      const auto [stored, filter_mask] = source.read(stream.id, number, chunk, tile);
      write_chunk(dataset.get(), grid.offset(chunk, tile), filter_mask, stored);
    }
  }
}

void write_stream(Library& library, hid_t episode, const SmallStream& stream, ChunkSource& source) {
  const auto group = require_group(library, episode, stream.spec->path);
  write_stream_attributes(library, group.get(), *stream.spec);
  write_selected_columns(library, group.get(), *stream.spec);
  for (std::uint32_t i = 0; i < stream.spec->columns.size(); ++i) {
    write_column(library, group.get(), stream, i, source);
  }
  if (stream.chunk_index.size() > 1) {
    write_records(library, group.get(), "chunk_index", library.chunk_record(), sizeof(ChunkRecord),
                  stream.chunk_index.data(), stream.chunk_index.size());
  }
}

void mark_unsorted(Library& library, hid_t episode, const SmallEpisode& all) {
  for (const auto& stream : all.streams) {
    const auto& unsorted = all.end->unsorted;
    if (std::find(unsorted.begin(), unsorted.end(), stream.id) == unsorted.end()) continue;
    set_attribute(library, open_group(episode, stream.spec->path).get(), "sorted", std::int64_t{0});
  }
}

}  // namespace

void write_small_episode(Library& library, hid_t segment, const SmallEpisode& episode, ChunkSource& chunks) {
  const QuietErrors quiet;
  const auto group = create_group(segment, episode.info->id, library.link_creation(), library.group_creation());
  write_episode_start(library, group.get(), *episode.info);
  write_late_attributes(library, group.get(), *episode.end);
  for (const auto& stream : episode.streams) write_stream(library, group.get(), stream, chunks);
  if (!episode.gaps.empty()) {
    write_records(library, group.get(), "gaps", library.gap_record(), sizeof(GapRecord), episode.gaps.data(),
                  episode.gaps.size());
  }
  mark_unsorted(library, group.get(), episode);
  for (const auto& stream : episode.streams)
    if (const auto late = episode.end->of_streams.find(stream.id); late != episode.end->of_streams.end())
      set_members(library, open_group(group.get(), stream.spec->path).get(), late->second);
  write_episode_end(library, group.get(), *episode.end);
}

}  // namespace neurotape::hdf5
