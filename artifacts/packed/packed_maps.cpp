// Maps that are read from a packed file, and unpacked.

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <functional>

#include "artifacts/map_source.hpp"
#include "artifacts/packed/names.hpp"
#include "backends/hdf5/attributes.hpp"
#include "loader/dataset.hpp"
#include "loader/file.hpp"

namespace neurotape {
namespace {

namespace packed = artifacts::packed;
using loader::Dataset;
using loader::Hdf5Lock;

std::vector<std::string> read_texts(const Dataset& dataset) {
  const std::size_t width = dataset.layout().text_bytes;
  if (width == 0) loader::damaged(fmt::format("expected text in '{}'", dataset.path()), dataset.place());
  std::uint64_t count = 1;
  for (const auto dimension : dataset.layout().dimensions) count *= dimension;
  dataset.check_claim(count * width);
  std::string all(count * width, '\0');
  dataset.read({0, dataset.rows()}, std::as_writable_bytes(std::span(all)));
  std::vector<std::string> texts;
  for (std::uint64_t i = 0; i < count; ++i) texts.emplace_back(all.substr(i * width, width).c_str());
  return texts;
}

/// The bytes that a dataset of values has, as an array of some shape.
NpyArray array_of(const Dataset& dataset, RowRange rows, const Shape& shape) {
  if (!dataset.layout().dtype)
    loader::damaged(fmt::format("expected numbers in '{}', got {}", dataset.path(), dataset.layout().type),
                    dataset.place());
  const auto bytes = rows.count * dataset.row_bytes();
  dataset.check_claim(bytes);
  std::vector<std::byte> values(bytes);
  dataset.read(rows, values);
  return visit_dtype(*dataset.layout().dtype, [&](auto zero) {
    using T = decltype(zero);
    return NpyArray(NpzValue(ArrayView(reinterpret_cast<const T*>(values.data()), bytes / sizeof(T)), shape));
  });
}

std::shared_ptr<loader::Prober> prober_of(const RunOptions& how) {
  return how.trust == Trust::none ? std::make_shared<loader::Prober>(how.prober) : nullptr;
}

class PackedMaps final : public artifacts::MapSource {
 public:
  PackedMaps(const std::filesystem::path& path, const RunOptions& how)
      : file_(loader::File::open(path, prober_of(how))), place_(file_->place()) {
    maps_ = Dataset::open(file_, packed::kMaps, place_);
    file_ids_ = read_texts(*Dataset::open(file_, packed::kFileIds, place_));
    sources_ = read_texts(*Dataset::open(file_, packed::kSources, place_));
    const auto clipped = Dataset::open(file_, packed::kClipped, place_);
    const auto counts = array_of(*clipped, {0, clipped->rows()}, {clipped->rows()});
    for (const auto count : counts.values<std::uint64_t>()) clipped_.push_back(count);
    const auto rows = maps_->rows();
    if (maps_->layout().dtype != Dtype::f32 || maps_->layout().dimensions.size() < 2 || file_ids_.size() != rows ||
        sources_.size() != rows || clipped_.size() != rows || !std::is_sorted(file_ids_.begin(), file_ids_.end()))
      loader::damaged("it is not a packed file of attention maps", place_);
    shape_ = Shape(std::span(maps_->layout().dimensions).subspan(1));
  }

  const std::vector<std::string>& file_ids() const noexcept override { return file_ids_; }
  AttentionMap load(std::string_view file_id) const override {
    const auto found = std::lower_bound(file_ids_.begin(), file_ids_.end(), file_id);
    if (found == file_ids_.end() || *found != file_id)
      throw Error(ErrorCode::not_found, fmt::format("there is no map '{}'", file_id), {.path = place_.file});
    const auto row = static_cast<std::size_t>(found - file_ids_.begin());
    AttentionMap map{*found, array_of(*maps_, {row, 1}, shape_), sources_[row], clipped_[row], {}};
    const auto group = fmt::format("{}/{}", packed::kArrays, file_id);
    const Hdf5Lock lock;
    if (has(packed::kArrays) && has(group)) add_arrays(map, group, "");
    return map;
  }
  const Shape& shape() const noexcept { return shape_; }

 private:
  bool has(const std::string& path) const {
    return loader::kind_of(file_->id(), path, place_) == loader::LinkKind::group;
  }

  void add_arrays(AttentionMap& map, const std::string& group, const std::string& before) const {
    for (const auto& name : loader::names_in(file_->id(), group, place_)) {
      const auto path = group + "/" + name;
      if (has(path)) {
        add_arrays(map, path, before + name + "/");
      } else {
        map.arrays.emplace(before + name, read_array(path));
      }
    }
  }

  NpyArray read_array(const std::string& path) const {
    const auto dataset = Dataset::open(file_, path, place_);
    const bool is_scalar =
        hdf5::attribute_exists(hdf5::open_dataset(file_->id(), path, H5P_DEFAULT).get(), packed::kScalar);
    const Shape shape = is_scalar ? Shape() : Shape(std::span(dataset->layout().dimensions));
    if (dataset->layout().text_bytes == 0) return array_of(*dataset, {0, dataset->rows()}, shape);
    const auto texts = read_texts(*dataset);
    if (texts.size() != shape.values())
      loader::damaged(fmt::format("expected {} texts in '{}', got {}", shape.values(), path, texts.size()), place_);
    return NpyArray(NpzValue(texts, shape));
  }

  std::shared_ptr<const loader::File> file_;
  loader::Place place_;
  std::shared_ptr<const Dataset> maps_;
  std::vector<std::string> file_ids_;
  std::vector<std::string> sources_;
  std::vector<std::uint64_t> clipped_;
  Shape shape_;
};

}  // namespace

std::unique_ptr<artifacts::MapSource> artifacts::open_packed_maps(const std::filesystem::path& file,
                                                                  const RunOptions& how) {
  return std::make_unique<PackedMaps>(file, how);
}

std::uint64_t unpack_attention_maps(const std::filesystem::path& file, const std::filesystem::path& directory,
                                    const AttentionMapOptions& options, const RunOptions& how) {
  const PackedMaps packed_maps(file, how);
  AttentionMapOptions own = options;
  own.shape = packed_maps.shape();
  AttentionMapWriter writer(directory, own);
  for (const auto& id : packed_maps.file_ids()) {
    const auto map = packed_maps.load(id);
    MapDetails details{map.source, {}, map.values_clipped};
    for (const auto& [name, array] : map.arrays) details.arrays.push_back({name, array});
    writer.save(map.values, id, details);
  }
  return packed_maps.file_ids().size();
}

}  // namespace neurotape
