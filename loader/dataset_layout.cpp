#include "loader/dataset_layout.hpp"

#include <array>
#include <fmt/format.h>
#include <limits>

#include "backends/codec/decode.hpp"
#include "loader/element_type.hpp"

namespace neurotape::loader {
namespace {

constexpr std::uint64_t kMostChunkBytes = std::uint64_t{1} << 30;
constexpr int kMostDimensions = 17;  // of rows of at most sixteen

/// \returns nothing where the product does not fit.
std::optional<std::uint64_t> product(const std::vector<std::uint64_t>& factors, std::uint64_t start) {
  std::uint64_t result = start;
  for (const auto factor : factors)
    if (__builtin_mul_overflow(result, factor, &result)) return std::nullopt;
  return result;
}

void read_type(hid_t dataset, DatasetLayout& layout, bool& native, const Place& place) {
  const Handle type(check(H5Dget_type(dataset), "cannot read the type of a dataset", place), H5Tclose);
  layout.type = type_name(type.get());
  layout.element_bytes = H5Tget_size(type.get());
  layout.dtype = dtype_of_type(type.get());
  const bool text = H5Tget_class(type.get()) == H5T_STRING && H5Tis_variable_str(type.get()) == 0;
  if (text) layout.text_bytes = static_cast<std::uint32_t>(layout.element_bytes);
  native = text || (layout.dtype && stored_as_native(*layout.dtype, type.get()));
}

void read_dimensions(hid_t dataset, DatasetLayout& layout, const Place& place) {
  const Handle space(check(H5Dget_space(dataset), "cannot read the shape of a dataset", place), H5Sclose);
  const int rank = check(H5Sget_simple_extent_ndims(space.get()), "cannot read the shape of a dataset", place);
  if (rank < 1 || rank > kMostDimensions) damaged(fmt::format("a dataset of {} dimensions has no rows", rank), place);
  std::array<hsize_t, kMostDimensions> dimensions = {};
  check(H5Sget_simple_extent_dims(space.get(), dimensions.data(), nullptr), "cannot read the shape of a dataset",
        place);
  layout.dimensions.assign(dimensions.begin(), dimensions.begin() + rank);
  const auto bytes = product(layout.dimensions, layout.element_bytes);
  if (!bytes || *bytes > std::numeric_limits<std::int64_t>::max())
    damaged("a dataset claims to be larger than any file", place);
}

std::vector<Filter> read_filters(hid_t properties, const Place& place) {
  std::vector<Filter> filters;
  const int count = check(H5Pget_nfilters(properties), "cannot read the filters of a dataset", place);
  for (unsigned i = 0; i < static_cast<unsigned>(count); ++i) {
    std::array<unsigned, 64> values = {};
    std::size_t used = values.size();
    unsigned flags = 0;
    const H5Z_filter_t id = check(H5Pget_filter2(properties, i, &flags, &used, values.data(), 0, nullptr, nullptr),
                                  "cannot read the filters of a dataset", place);
    Filter filter{static_cast<std::uint32_t>(id), (flags & H5Z_FLAG_OPTIONAL) != 0, {}};
    filter.parameters.assign(values.begin(),
                             values.begin() + static_cast<std::ptrdiff_t>(std::min(used, values.size())));
    filters.push_back(std::move(filter));
  }
  return filters;
}

void read_chunks(hid_t properties, DatasetLayout& layout, bool native, const Place& place) {
  std::array<hsize_t, kMostDimensions> chunk = {};
  const int rank = check(H5Pget_chunk(properties, kMostDimensions, chunk.data()), "cannot read the chunk size", place);
  layout.chunk.assign(chunk.begin(), chunk.begin() + std::min(rank, kMostDimensions));
  const auto bytes = product(layout.chunk, layout.element_bytes);
  if (layout.chunk.size() != layout.dimensions.size() || !bytes || *bytes == 0)
    damaged("a dataset has chunks of no possible size", place);
  if (*bytes > kMostChunkBytes)
    throw Error(ErrorCode::unsupported,
                fmt::format("a dataset has chunks of {} bytes; at most 1 GiB can be read", *bytes), context_of(place));
  layout.filters = read_filters(properties, place);
  unsigned options = 0;
  check(H5Pget_chunk_opts(properties, &options), "cannot read the chunk options", place);
  layout.decodable = native && options == 0 && codec::can_decode(layout.filters);
}

}  // namespace

DatasetLayout read_layout(hid_t dataset, const Place& place) {
  const Hdf5Lock lock;
  DatasetLayout layout;
  bool native = false;
  read_type(dataset, layout, native, place);
  read_dimensions(dataset, layout, place);
  const Handle properties(check(H5Dget_create_plist(dataset), "cannot read the layout of a dataset", place), H5Pclose);
  const H5D_layout_t kind = H5Pget_layout(properties.get());
  if (kind == H5D_VIRTUAL || H5Pget_external_count(properties.get()) > 0)
    throw Error(ErrorCode::unsupported, "the values of a dataset lie in other files", context_of(place));
  if (kind == H5D_CHUNKED) read_chunks(properties.get(), layout, native, place);
  return layout;
}

}  // namespace neurotape::loader
