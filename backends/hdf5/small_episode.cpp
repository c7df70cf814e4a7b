#include "backends/hdf5/small_episode.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "backends/hdf5/dataset_writer.hpp"
#include "backends/image/tables.hpp"

namespace neurotape::hdf5 {
namespace {

using image::Image;
using image::Message;
using Messages = std::vector<Message>;

/// Above it a dataset's values are not in its header.
constexpr std::size_t kCompactBytes = 4096;
/// A name and a value: with a type they are a message of a header.
constexpr std::size_t kMostAttributeBytes = 65'000;

struct Group {
  Attributes attributes;
  std::map<std::string, Group> groups;
  std::map<std::string, std::uint64_t> datasets;

  Group& at(const std::string& path) {
    const auto slash = path.find('/');
    if (slash == std::string::npos) return groups[path];
    return groups[path.substr(0, slash)].at(path.substr(slash + 1));
  }
  bool fits() const {
    const auto small = [](const auto& one) { return one.first.size() + one.second.bytes.size() < kMostAttributeBytes; };
    return std::all_of(attributes.begin(), attributes.end(), small) &&
           std::all_of(groups.begin(), groups.end(), [](const auto& one) { return one.second.fits(); });
  }
};

Group groups_of(const SmallEpisode& episode) {
  Group root;
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

std::vector<std::uint64_t> numbers(const Dimensions& dimensions) { return {dimensions.begin(), dimensions.end()}; }

/// Puts the objects of an episode into an image, and knows where they are.
class Builder {
 public:
  Builder(Library& library, Image& image) : library_(library), image_(image) {}

  std::uint64_t append(const Group& group) {
    Messages messages{image::link_info(), image::group_info()};
    add_attributes(messages, group.attributes);
    for (const auto& [name, child] : group.groups) messages.push_back(image::link(name, append(child)));
    for (const auto& [name, address] : group.datasets) messages.push_back(image::link(name, address));
    return image_.append(image::object_header(messages));
  }

  /// A group of thousands of links.
  std::uint64_t append_large(const Attributes& attributes, const std::map<std::string, std::uint64_t>& links) {
    const auto [tree, heap] = image::append_symbol_table(image_, links);
    Messages messages{image::symbol_table(tree, heap)};
    add_attributes(messages, attributes);
    return image_.append(image::object_header(messages));
  }

  void append_stream(Group& group, const SmallStream& stream, ChunkSource& source) {
    const auto& ids = stream.spec->selected_columns;
    if (!ids.empty()) append_records(group, "columns", H5T_STD_U64LE, std::as_bytes(std::span(ids)), ids.size());
    for (std::uint32_t i = 0; i < stream.spec->columns.size(); ++i) append_column(group, stream, i, source);
    if (const auto index = stream.chunk_index; index.size() > 1)
      append_records(group, "chunk_index", library_.chunk_record(), std::as_bytes(index), index.size());
  }

  void append_records(Group& group, const char* name, hid_t type, std::span<const std::byte> bytes,
                      std::uint64_t count) {
    const bool compact = bytes.size() <= kCompactBytes;
    const Messages messages{
        image::dataspace({&count, 1}, {&count, 1}), image::datatype(library_.encoded(type)),
        image::fill_value(compact ? image::Allocation::early : image::Allocation::late),
        compact ? image::in_header(bytes) : image::in_one_piece(image_.append(bytes), bytes.size())};
    group.datasets[name] = image_.append(image::object_header(messages));
  }

 private:
  void add_attributes(Messages& messages, const Attributes& attributes) {
    if (!attributes.empty()) messages.push_back(image::attribute_info());
    for (const auto& [name, value] : attributes)
      messages.push_back(image::attribute(name, encoded_type(value), value.bytes));
  }

  image::Bytes encoded_type(const AttributeValue& value) {
    if (value.dtype) return library_.encoded(library_.type(*value.dtype));
    return image::text_type(value.bytes.size(), value.characters == H5T_CSET_UTF8);
  }

  image::Bytes encoded_type(const ColumnSpec& column) {
    if (column.text_bytes != 0) return image::text_type(column.text_bytes, true);
    return library_.encoded(library_.type(column.dtype));
  }

  void append_column(Group& group, const SmallStream& stream, std::uint32_t number, ChunkSource& source) {
    const auto& column = stream.spec->columns[number];
    const auto& layout = stream.layout->columns.at(number);
    const ChunkGrid grid(column, layout);
    const auto chunks = append_chunks(grid, stream, number, source);
    const auto extent = numbers(grid.extent(stream.rows));
    auto limit = extent;
    if (!chunks.empty()) limit[0] = std::max(limit[0], grid.chunk_rows());  // no chunk is larger than its dataset
    Messages messages{image::dataspace(extent, limit), image::datatype(encoded_type(column)),
                      image::fill_value(chunks.empty() ? image::Allocation::late : image::Allocation::by_chunk)};
    if (chunks.empty()) {
      messages.push_back(image::in_one_piece(image::kNowhere, 0));
    } else {
      const bool is_filtered = !layout.filters.empty();
      if (is_filtered) messages.push_back(image::filters(layout.filters));
      auto chunk = numbers(grid.chunk());
      const bool alone = extent == chunk;
      chunk.push_back(column.element_bytes());
      messages.push_back(
          alone ? image::in_one_chunk(chunk, chunks.front(), is_filtered)
                : image::in_chunks(chunk, image::append_chunk_table(image_, chunks, grid.chunk_bytes(), is_filtered)));
    }
    if (number == 0) {
      Attributes first;
      first.set("stream_id", number_value(std::int64_t{stream.id}));
      add_attributes(messages, first);
    }
    group.datasets[column.name] = image_.append(image::object_header(messages));
  }

  std::vector<image::StoredChunk> append_chunks(const ChunkGrid& grid, const SmallStream& stream, std::uint32_t column,
                                                ChunkSource& source) {
    std::vector<image::StoredChunk> chunks;
    if (grid.empty_rows()) return chunks;
    for (std::uint64_t chunk = 0; chunk < grid.chunks(stream.rows); ++chunk) {
      for (std::uint32_t tile = 0; tile < grid.tiles(); ++tile) {
        const auto [stored, filter_mask] = source.read(stream.id, column, chunk, tile);
        chunks.push_back({image_.append(stored), stored.size(), filter_mask});
      }
    }
    return chunks;
  }

  Library& library_;
  Image& image_;
};

}  // namespace

bool fits_in_headers(const SmallEpisode& episode) { return groups_of(episode).fits(); }

std::uint64_t append_small_episode(Image& image, Library& library, const SmallEpisode& episode, ChunkSource& chunks) {
  const QuietErrors quiet;
  Builder builder(library, image);
  Group root = groups_of(episode);
  for (const auto& stream : episode.streams) builder.append_stream(root.at(stream.spec->path), stream, chunks);
  if (const auto gaps = episode.gaps; !gaps.empty())
    builder.append_records(root, "gaps", library.gap_record(), std::as_bytes(gaps), gaps.size());
  return builder.append(root);
}

std::uint64_t append_root(Image& image, Library& library, const FileHeader& header,
                          const std::map<std::string, std::uint64_t>& episodes) {
  return Builder(library, image).append_large(header_attributes(header), episodes);
}

}  // namespace neurotape::hdf5
