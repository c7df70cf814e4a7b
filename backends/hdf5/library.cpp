#include "backends/hdf5/library.hpp"

#include <bit>
#include <cstddef>

namespace neurotape::hdf5 {

static_assert(std::endian::native == std::endian::little, "chunks are written as they lie in memory");
static_assert(sizeof(CommitRecord) == 32 && sizeof(ChunkRecord) == 24 && sizeof(GapRecord) == 312,
              "records are written as they lie in memory");

namespace {

/// Chains of filters differ by codec, element and (Blosc) chunk size: enough for all streams of most runs.
constexpr std::size_t kCachedChains = 64;
constexpr std::size_t kCachedTexts = 256;

Handle boolean_type() {
  Handle type(checked("H5Tenum_create", H5I_INVALID_HID, [] { return H5Tenum_create(H5T_STD_I8LE); }), H5Tclose);
  for (std::int8_t value = 0; value < 2; ++value) {
    checked("H5Tenum_insert", H5I_INVALID_HID,
            [&] { return H5Tenum_insert(type.get(), value == 0 ? "FALSE" : "TRUE", &value); });
  }
  return type;
}

Handle commit_type() {
  auto type = create_compound(sizeof(CommitRecord));
  add_field(type.get(), "number", offsetof(CommitRecord, number), H5T_STD_U32LE);
  add_field(type.get(), "stream", offsetof(CommitRecord, stream), H5T_STD_U32LE);
  add_field(type.get(), "rows", offsetof(CommitRecord, rows), H5T_STD_U64LE);
  add_field(type.get(), "open_rows_xxh3", offsetof(CommitRecord, open_rows_xxh3), H5T_STD_U64LE);
  add_field(type.get(), "wall_time", offsetof(CommitRecord, wall_time), H5T_IEEE_F64LE);
  return type;
}

Handle chunk_type() {
  auto type = create_compound(sizeof(ChunkRecord));
  add_field(type.get(), "first_timestep", offsetof(ChunkRecord, first_timestep), H5T_STD_I64LE);
  add_field(type.get(), "last_timestep", offsetof(ChunkRecord, last_timestep), H5T_STD_I64LE);
  add_field(type.get(), "rows", offsetof(ChunkRecord, rows), H5T_STD_U64LE);
  return type;
}

Handle gap_type(Library& library) {
  auto type = create_compound(sizeof(GapRecord));
  add_field(type.get(), "stream", offsetof(GapRecord, stream), library.text(sizeof(GapRecord::stream)));
  add_field(type.get(), "first_timestep", offsetof(GapRecord, first_timestep), H5T_STD_I64LE);
  add_field(type.get(), "last_timestep", offsetof(GapRecord, last_timestep), H5T_STD_I64LE);
  add_field(type.get(), "rows", offsetof(GapRecord, rows), H5T_STD_U64LE);
  add_field(type.get(), "cause", offsetof(GapRecord, cause), library.text(sizeof(GapRecord::cause)));
  return type;
}

Handle utf8_names(hid_t kind) {
  auto properties = create_properties(kind);
  checked("H5Pset_char_encoding", H5I_INVALID_HID,
          [&] { return H5Pset_char_encoding(properties.get(), H5T_CSET_UTF8); });
  return properties;
}

void forget_times(hid_t properties) {
  checked("H5Pset_obj_track_times", H5I_INVALID_HID, [&] { return H5Pset_obj_track_times(properties, false); });
}

void keep_compact(hid_t properties) {
  checked("H5Pset_attr_phase_change", H5I_INVALID_HID, [&] { return H5Pset_attr_phase_change(properties, 65535, 0); });
}

constexpr unsigned kLinkNameBytes = 40;
constexpr std::size_t kLinkBytes = kLinkNameBytes + 24;  // the message of a link with such a name

Handle group_properties(unsigned links, unsigned name_bytes) {
  auto properties = create_properties(H5P_GROUP_CREATE);
  const auto id = properties.get();
  forget_times(id);
  keep_compact(id);
  checked("H5Pset_link_phase_change", H5I_INVALID_HID, [&] { return H5Pset_link_phase_change(id, 65535, 0); });
  checked("H5Pset_est_link_info", H5I_INVALID_HID, [&] { return H5Pset_est_link_info(id, links, name_bytes); });
  return properties;
}

Handle uncached() {
  auto properties = create_properties(H5P_DATASET_ACCESS);
  checked("H5Pset_chunk_cache", H5I_INVALID_HID, [&] { return H5Pset_chunk_cache(properties.get(), 1, 0, 1.0); });
  return properties;
}

Handle dataset_properties(H5D_layout_t layout) {
  auto properties = create_properties(H5P_DATASET_CREATE);
  const auto id = properties.get();
  forget_times(id);
  keep_compact(id);
  checked("H5Pset_layout", H5I_INVALID_HID, [&] { return H5Pset_layout(id, layout); });
  checked("H5Pset_fill_time", H5I_INVALID_HID, [&] { return H5Pset_fill_time(id, H5D_FILL_TIME_NEVER); });
  return properties;
}

/// What tells one chain of filters from another.
std::vector<unsigned> key_of(const std::vector<Filter>& filters, bool has_attributes) {
  std::vector<unsigned> key{has_attributes ? 1U : 0U};
  for (const auto& filter : filters) {
    key.insert(key.end(), {filter.id, filter.optional ? 1U : 0U, static_cast<unsigned>(filter.parameters.size())});
    key.insert(key.end(), filter.parameters.begin(), filter.parameters.end());
  }
  return key;
}

}  // namespace

Library::Library(const driver::Company& company)
    : company_(company),
      boolean_(boolean_type()),
      commit_record_(commit_type()),
      chunk_record_(chunk_type()),
      gap_record_(gap_type(*this)),
      scalar_(create_scalar_space()),
      link_creation_(utf8_names(H5P_LINK_CREATE)),
      attribute_creation_(utf8_names(H5P_ATTRIBUTE_CREATE)),
      group_creation_(group_properties(2, 10)),
      dataset_access_(uncached()),
      compact_creation_(dataset_properties(H5D_COMPACT)),
      contiguous_creation_(dataset_properties(H5D_CONTIGUOUS)) {}

hid_t Library::type(Dtype dtype) const {
  switch (dtype) {
    case Dtype::i8:
      return H5T_STD_I8LE;
    case Dtype::i16:
      return H5T_STD_I16LE;
    case Dtype::i32:
      return H5T_STD_I32LE;
    case Dtype::i64:
      return H5T_STD_I64LE;
    case Dtype::u8:
      return H5T_STD_U8LE;
    case Dtype::u16:
      return H5T_STD_U16LE;
    case Dtype::u32:
      return H5T_STD_U32LE;
    case Dtype::u64:
      return H5T_STD_U64LE;
    case Dtype::f32:
      return H5T_IEEE_F32LE;
    case Dtype::f64:
      return H5T_IEEE_F64LE;
    case Dtype::boolean:
      return boolean_.get();
  }
  throw Error(ErrorCode::invalid_argument, "unknown element type");
}

hid_t Library::type(const ColumnSpec& column) {
  return column.text_bytes != 0 ? text(column.text_bytes) : type(column.dtype);
}

hid_t Library::text(std::size_t bytes, H5T_cset_t characters) {
  // Texts of attributes have any length; the few in use as elements are asked for again after a clearing.
  if (texts_.size() >= kCachedTexts) texts_.clear();
  auto& type = texts_[{bytes, characters}];
  if (!type) type = create_text_type(bytes == 0 ? 1 : bytes, characters);
  return type.get();
}

const std::vector<std::byte>& Library::encoded(hid_t type) {
  auto& bytes = encoded_[type];
  if (bytes.empty()) bytes = encode_type(type);
  return bytes;
}

hid_t Library::group_creation(std::size_t header_bytes) {
  const auto links = std::bit_ceil(std::max<std::size_t>(header_bytes / kLinkBytes, 4));
  auto& properties = roomy_groups_[links];
  if (!properties)
    properties = group_properties(static_cast<unsigned>(std::min<std::size_t>(links, 65535)), kLinkNameBytes);
  return properties.get();
}

hid_t Library::plain_creation(std::size_t bytes) const noexcept {
  return bytes > 0 && bytes <= kCompactBytes ? compact_creation_.get() : contiguous_creation_.get();
}

hid_t Library::chunked_creation(const Dimensions& chunk, const std::vector<Filter>& filters, bool has_attributes) {
  if (chunked_.size() >= kCachedChains) chunked_.clear();
  auto& properties = chunked_[key_of(filters, has_attributes)];
  if (!properties) {
    auto made = dataset_properties(H5D_CHUNKED);
    checked("H5Pset_dset_no_attrs_hint", H5I_INVALID_HID,
            [&] { return H5Pset_dset_no_attrs_hint(made.get(), !has_attributes); });
    for (const auto& filter : filters) add_filter(made.get(), filter.id, filter.optional, filter.parameters);
    properties = std::move(made);
  }
  set_chunk(properties.get(), chunk);
  return properties.get();
}

}  // namespace neurotape::hdf5
