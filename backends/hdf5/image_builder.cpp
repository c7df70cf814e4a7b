#include "backends/hdf5/image_builder.hpp"

#include <algorithm>

#include "backends/image/tables.hpp"

namespace neurotape::hdf5 {
namespace {

std::vector<std::uint64_t> numbers(const Dimensions& dimensions) { return {dimensions.begin(), dimensions.end()}; }

}  // namespace

ImageGroup& ImageGroup::at(const std::string& path) {
  const auto slash = path.find('/');
  if (slash == std::string::npos) return groups[path];
  return groups[path.substr(0, slash)].at(path.substr(slash + 1));
}

std::uint64_t ImageBuilder::append(const ImageGroup& group) {
  Messages messages{image::link_info(), image::group_info()};
  add_attributes(messages, group.attributes);
  for (const auto& [name, child] : group.groups) messages.push_back(image::link(name, append(child)));
  for (const auto& [name, address] : group.datasets) messages.push_back(image::link(name, address));
  return image_.append(image::object_header(messages));
}

std::uint64_t ImageBuilder::append_large(const Attributes& attributes,
                                         const std::map<std::string, std::uint64_t>& links) {
  const auto [tree, heap] = image::append_symbol_table(image_, links);
  Messages messages{image::symbol_table(tree, heap)};
  add_attributes(messages, attributes);
  return image_.append(image::object_header(messages));
}

void ImageBuilder::append_stream(ImageGroup& group, const SmallStream& stream, ChunkSource& source) {
  const auto& ids = stream.spec->selected_columns;
  if (!ids.empty()) append_records(group, "columns", H5T_STD_U64LE, std::as_bytes(std::span(ids)), ids.size());
  for (std::uint32_t i = 0; i < stream.spec->columns.size(); ++i) append_column(group, stream, i, source);
  if (const auto index = stream.chunk_index; index.size() > 1)
    append_records(group, "chunk_index", library_.chunk_record(), std::as_bytes(index), index.size());
}

void ImageBuilder::append_records(ImageGroup& group, const char* name, hid_t type, std::span<const std::byte> bytes,
                                  std::uint64_t count) {
  const bool compact = bytes.size() <= Library::kCompactBytes;
  const Messages messages{image::dataspace({&count, 1}, {&count, 1}), image::datatype(library_.encoded(type)),
                          image::fill_value(compact ? image::Allocation::early : image::Allocation::late),
                          compact ? image::in_header(bytes) : image::in_one_piece(image_.append(bytes), bytes.size())};
  group.datasets[name] = image_.append(image::object_header(messages));
}

void ImageBuilder::add_attributes(Messages& messages, const Attributes& attributes) {
  if (!attributes.empty()) messages.push_back(image::attribute_info());
  for (const auto& [name, value] : attributes)
    messages.push_back(image::attribute(name, encoded_type(value), value.bytes));
}

image::Bytes ImageBuilder::encoded_type(const AttributeValue& value) {
  if (value.dtype) return library_.encoded(library_.type(*value.dtype));
  return image::text_type(value.bytes.size(), value.characters == H5T_CSET_UTF8);
}

image::Bytes ImageBuilder::encoded_type(const ColumnSpec& column) {
  if (column.text_bytes != 0) return image::text_type(column.text_bytes, true);
  return library_.encoded(library_.type(column.dtype));
}

void ImageBuilder::append_column(ImageGroup& group, const SmallStream& stream, std::uint32_t number,
                                 ChunkSource& source) {
  const auto& column = stream.spec->columns[number];
  const auto& layout = stream.layout->columns.at(number);
  const ChunkGrid grid(column, layout);
  const auto chunks = append_chunks(grid, stream, number, source);
  const auto extent = numbers(grid.extent(stream.rows));
  auto limit = extent;
  if (!chunks.empty()) limit[0] = std::max(limit[0], grid.chunk_rows());  // no chunk is larger than its dataset
  Messages messages{image::dataspace(extent, limit), image::datatype(encoded_type(column))};
  add_layout(messages, column, layout, grid, stream.rows, chunks);
  if (number == 0) {
    Attributes first;
    first.set("stream_id", number_value(std::int64_t{stream.id}));
    add_attributes(messages, first);
  }
  group.datasets[column.name] = image_.append(image::object_header(messages));
}

std::vector<image::StoredChunk> ImageBuilder::append_chunks(const ChunkGrid& grid, const SmallStream& stream,
                                                            std::uint32_t column, ChunkSource& source) {
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

void ImageBuilder::add_layout(Messages& messages, const ColumnSpec& column, const ColumnLayout& layout,
                              const ChunkGrid& grid, std::uint64_t rows, std::span<const image::StoredChunk> chunks) {
  if (chunks.empty()) {
    messages.push_back(image::fill_value(image::Allocation::late));
    messages.push_back(image::in_one_piece(image::kNowhere, 0));
    return;
  }
  messages.push_back(image::fill_value(image::Allocation::by_chunk));
  const bool is_filtered = !layout.filters.empty();
  if (is_filtered) messages.push_back(image::filters(layout.filters));
  const bool alone = grid.extent(rows) == grid.chunk();
  auto chunk = numbers(grid.chunk());
  chunk.push_back(column.element_bytes());
  messages.push_back(
      alone ? image::in_one_chunk(chunk, chunks.front(), is_filtered)
            : image::in_chunks(chunk, image::append_chunk_table(image_, chunks, grid.chunk_bytes(), is_filtered)));
}

}  // namespace neurotape::hdf5
