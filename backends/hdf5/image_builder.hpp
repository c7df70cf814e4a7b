#pragma once
/// \file
/// Groups, datasets and attributes of a segment, put into an image of the file.

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "backends/hdf5/dataset_writer.hpp"
#include "backends/hdf5/small_episode.hpp"
#include "backends/image/object_header.hpp"

namespace neurotape::hdf5 {

/// A group that is being put together.
struct ImageGroup {
  Attributes attributes;
  std::map<std::string, ImageGroup> groups;
  std::map<std::string, std::uint64_t> datasets;  ///< their addresses

  /// The one at a path below this one, made where it is missing.
  ImageGroup& at(const std::string& path);
};

class ImageBuilder {
 public:
  ImageBuilder(Library& library, image::Image& image) : library_(library), image_(image) {}

  /// With all groups below it. \returns its address
  std::uint64_t append(const ImageGroup& group);
  /// A group of thousands of links. \returns its address
  std::uint64_t append_large(const Attributes& attributes, const std::map<std::string, std::uint64_t>& links);
  /// The datasets of a stream.
  void append_stream(ImageGroup& group, const SmallStream& stream, ChunkSource& source);
  /// A dataset that is written at once, without filters.
  void append_records(ImageGroup& group, const char* name, hid_t type, std::span<const std::byte> bytes,
                      std::uint64_t count);

 private:
  using Messages = std::vector<image::Message>;

  void add_attributes(Messages& messages, const Attributes& attributes);
  image::Bytes encoded_type(const AttributeValue& value);
  image::Bytes encoded_type(const ColumnSpec& column);
  void append_column(ImageGroup& group, const SmallStream& stream, std::uint32_t number, ChunkSource& source);
  std::vector<image::StoredChunk> append_chunks(const ChunkGrid& grid, const SmallStream& stream, std::uint32_t column,
                                                ChunkSource& source);
  /// Where the values of a column are.
  void add_layout(Messages& messages, const ColumnSpec& column, const ColumnLayout& layout, const ChunkGrid& grid,
                  std::uint64_t rows, std::span<const image::StoredChunk> chunks);

  Library& library_;
  image::Image& image_;
};

}  // namespace neurotape::hdf5
