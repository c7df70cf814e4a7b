#include <algorithm>
#include <cstring>
#include <fmt/format.h>

#include "artifacts/map_source.hpp"
#include "artifacts/packed/names.hpp"
#include "backends/codec/encode.hpp"
#include "backends/codec/filters.hpp"
#include "backends/hdf5/attributes.hpp"
#include "backends/hdf5/episode_attributes.hpp"
#include "backends/hdf5/file_access.hpp"
#include "backends/io/new_file.hpp"
#include "loader/hdf5_call.hpp"
#include "recorder/names.hpp"

namespace neurotape {
namespace {

namespace packed = artifacts::packed;
using hdf5::Dimensions;
using hdf5::Handle;

/// A slash in the name of an array makes groups; what is between slashes must be a name.
void require_path(std::string_view name) {
  for (;;) {
    const auto slash = name.find('/');
    require_name("array", name.substr(0, slash));
    if (slash == name.npos) return;
    name.remove_prefix(slash + 1);
  }
}

/// What would not come back as it is, is not packed.
void require_packable(const AttentionMap& map, const std::string& name, const NpyArray& array) {
  require_path(name);
  for (const auto& [other, values] : map.arrays)
    if (other.starts_with(name + "/"))
      throw Error(ErrorCode::invalid_name, fmt::format("there is an array '{}', which would be in it", other));
  if (array.is_text())
    for (const auto& text : array.texts()) require_text("its text", text);
}

/// One file that is being made of many maps.
class Packer {
 public:
  Packer(const std::filesystem::path& path, std::vector<std::string> file_ids)
      : path_(path), file_ids_(std::move(file_ids)) {
    io::remove_file(transient());
    file_.emplace(hdf5::File::create(transient(), hdf5::Root::large, hdf5::File::Mode::direct, library_.company()));
  }
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;
  ~Packer() {
    maps_.reset();
    const bool unfinished = file_.has_value();
    file_.reset();
    std::error_code ignored;
    if (unfinished) std::filesystem::remove(transient(), ignored);
  }

  void add(const AttentionMap& map) {
    if (count_ == 0) begin(map.shape());
    if (map.shape() != shape_)
      throw Error(ErrorCode::wrong_shape,
                  fmt::format("map '{}' has the shape {}, others have {}: they fit in no one stack", map.file_id,
                              map.shape().to_string(), shape_.to_string()));
    const auto raw = map.values.bytes();
    const auto encoded = encoder_->encode(raw, stored_);
    Dimensions offset(shape_.rank() + 1, 0);
    offset[0] = count_++;
    hdf5::write_chunk(maps_->get(), offset, encoded.filter_mask, std::span(stored_).first(encoded.bytes));
    sources_.push_back(map.source);
    clipped_.push_back(map.values_clipped);
    for (const auto& [name, array] : map.arrays) {
      try {
        require_packable(map, name, array);
        add_array(map.file_id, name, array);
      } catch (const Error& error) {
        throw Error(error.code(), fmt::format("map '{}', array '{}': {}", map.file_id, name, error.what()),
                    {.path = path_.string()});
      }
    }
  }

  void finish() {
    maps_.reset();
    write_facts();
    file_->close(true);
    file_.reset();
    hdf5::put_in_place(transient(), path_, true);
  }

 private:
  void write_facts() {
    const auto root = hdf5::open_group(file_->id(), "/");
    hdf5::set_text(library_, root.get(), "format", packed::kFormat);
    hdf5::set_attribute(library_, root.get(), "format_version", std::int64_t{1});
    write_texts(packed::kFileIds, file_ids_);
    write_texts(packed::kSources, sources_);
    write_values(root.get(), packed::kClipped, NpzValue(clipped_), {clipped_.size()});
  }

  std::filesystem::path transient() const { return io::transient_name(path_); }

  void begin(const Shape& shape) {
    if (shape.rank() == 0)
      throw Error(ErrorCode::wrong_shape, "the maps are single numbers, of which no stack is made",
                  {.path = path_.string()});
    shape_ = shape;
    Dimensions extent{file_ids_.size()}, chunk{1};
    extent.insert(extent.end(), shape.dimensions().begin(), shape.dimensions().end());
    chunk.insert(chunk.end(), shape.dimensions().begin(), shape.dimensions().end());
    const auto raw_bytes = static_cast<std::size_t>(shape.values()) * sizeof(float);
    const auto codec = Codec::gzip(1);
    encoder_ = codec::make_encoder(codec, sizeof(float));
    stored_.resize(encoder_->bound(raw_bytes));
    const auto creation =
        library_.chunked_creation(chunk, codec::filter_pipeline(codec, sizeof(float), raw_bytes), false);
    maps_.emplace(hdf5::create_dataset(file_->id(), packed::kMaps, library_.type(Dtype::f32),
                                       hdf5::create_space(extent, extent).get(), library_.link_creation(), creation,
                                       library_.dataset_access()));
  }

  void add_array(const std::string& file_id, const std::string& name, const NpyArray& array) {
    const auto path = fmt::format("{}/{}/{}", packed::kArrays, file_id, name);
    const auto slash = path.rfind('/');
    const auto group = hdf5::require_group(library_, file_->id(), path.substr(0, slash));
    const auto leaf = path.substr(slash + 1);
    const bool is_scalar = array.shape().rank() == 0;
    const auto& dimensions = array.shape().dimensions();
    const Dimensions extent = is_scalar ? Dimensions{1} : Dimensions(dimensions.begin(), dimensions.end());
    const auto dataset = array.is_text() ? write_texts(group.get(), leaf, array.texts(), extent)
                                         : write_values(group.get(), leaf, NpzValue(array), extent);
    if (is_scalar) hdf5::set_attribute(library_, dataset.get(), packed::kScalar, std::int64_t{1});
  }

  Handle write_values(hid_t group, const std::string& name, const NpzValue& values, const Dimensions& extent) {
    const auto type = library_.type(values.dtype());
    auto dataset =
        hdf5::create_dataset(group, name, type, hdf5::create_space(extent, extent).get(), library_.link_creation(),
                             library_.plain_creation(values.bytes().size()), library_.dataset_access());
    if (values.size() != 0) hdf5::write_all(dataset.get(), type, values.bytes().data());
    return dataset;
  }

  Handle write_texts(hid_t group, const std::string& name, const std::vector<std::string>& texts,
                     const Dimensions& extent) {
    std::size_t width = 1;
    for (const auto& text : texts) width = std::max(width, text.size());
    std::string all(width * texts.size(), '\0');
    for (std::size_t i = 0; i < texts.size(); ++i)
      std::memcpy(all.data() + i * width, texts[i].data(), texts[i].size());
    const auto type = library_.text(width);
    auto dataset =
        hdf5::create_dataset(group, name, type, hdf5::create_space(extent, extent).get(), library_.link_creation(),
                             library_.plain_creation(all.size()), library_.dataset_access());
    if (!all.empty()) hdf5::write_all(dataset.get(), type, all.data());
    return dataset;
  }
  void write_texts(const char* name, const std::vector<std::string>& texts) {
    write_texts(file_->id(), name, texts, {texts.size()});
  }

  const std::filesystem::path path_;
  const std::vector<std::string> file_ids_;
  hdf5::Library library_;
  std::optional<hdf5::File> file_;
  std::optional<Handle> maps_;
  Shape shape_;
  std::unique_ptr<Encoder> encoder_;
  std::vector<std::byte> stored_;
  std::uint64_t count_ = 0;
  std::vector<std::string> sources_;
  std::vector<std::uint64_t> clipped_;
};

}  // namespace

std::uint64_t pack_attention_maps(const std::filesystem::path& directory, const std::filesystem::path& file) {
  const auto reader = artifacts::open_directory_of_maps(directory);
  if (hdf5::file_facts(file)) throw Error(ErrorCode::already_exists, "there is such a file", {.path = file.string()});
  const loader::Hdf5Lock lock;
  Packer packer(file, reader.file_ids());
  for (const auto& map : reader) packer.add(map);
  packer.finish();
  return reader.size();
}

}  // namespace neurotape
