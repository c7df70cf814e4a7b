// The streams of an episode, where they are not copied as they are.

#include <algorithm>

#include "backends/hdf5/append_dataset.hpp"
#include "backends/hdf5/attributes.hpp"
#include "loader/pack/chunk_shape.hpp"
#include "loader/pack/column_copy.hpp"
#include "loader/pack/copy.hpp"

namespace neurotape::loader {
namespace {

constexpr std::uint64_t kRowsAtOnce = 1 << 16;

/// A record for each chunk of so many rows, where there is more than one.
void write_chunk_index(hdf5::Library& library, const OpenStream& stream, std::uint64_t chunk_rows, hid_t to) {
  std::vector<hdf5::ChunkRecord> records;
  std::vector<std::int64_t> timesteps;
  const auto rows = stream.info.rows;
  for (std::uint64_t row = 0; row < rows; row += timesteps.size()) {
    const std::uint64_t chunk_end = (row / chunk_rows + 1) * chunk_rows;
    timesteps.resize(static_cast<std::size_t>(std::min({kRowsAtOnce, chunk_end - row, rows - row})));
    read_here(*stream.columns[0], {row, timesteps.size()}, std::as_writable_bytes(std::span(timesteps)).data());
    const auto [least, most] = std::minmax_element(timesteps.begin(), timesteps.end());
    if (row % chunk_rows == 0) records.push_back({*least, *most, 0});
    auto& record = records.back();
    record = {std::min(record.first_timestep, *least), std::max(record.last_timestep, *most),
              record.rows + timesteps.size()};
  }
  if (records.size() > 1)
    hdf5::write_records(library, to, "chunk_index", library.chunk_record(), sizeof(hdf5::ChunkRecord), records.data(),
                        records.size());
}

std::vector<std::uint64_t> shape_of(const Dataset& column, std::optional<Layout> layout) {
  const auto& shape = column.layout();
  return layout ? chunk_shape(*layout, shape.dimensions, shape.element_bytes) : shape.chunk;
}

}  // namespace

Codec Copier::codec_of(const OpenStream& stream) const {
  return recoding_.codec ? *recoding_.codec : Codec::parse(stream.info.codec);
}

void Copier::copy_stream(const OpenStream& stream, std::optional<Layout> layout, hid_t from, hid_t to) {
  const bool relaid = layout && stream.info.is_dense();
  const auto codec = codec_of(stream);
  auto names = hdf5::attribute_names(from);
  if (recoding_.codec) {
    std::erase(names, "codec");
    hdf5::set_text(library_, to, "codec", codec.to_string());
  }
  copy_attributes(from, to, names);
  for (const auto& name : hdf5::link_names(from)) {
    const auto column = std::find_if(stream.info.columns.begin(), stream.info.columns.end(),
                                     [&](const StreamColumn& one) { return one.name == name; });
    const auto* dataset = column == stream.info.columns.end()
                              ? nullptr
                              : stream.columns[static_cast<std::size_t>(column - stream.info.columns.begin())].get();
    if (relaid && name == "chunk_index") continue;
    const bool as_it_is = !recoding_.codec && !(relaid && name == "values");
    if (dataset == nullptr || dataset->chunk_rows() == 0 || as_it_is) {
      hdf5::copy_object(from, name, to, library_.link_creation());
    } else {
      copy_column(*dataset, name == "values" && relaid ? layout : std::nullopt, codec, from, to, name);
    }
  }
  if (relaid) write_chunk_index(library_, stream, shape_of(*stream.columns[1], layout)[0], to);
}

void Copier::copy_column(const Dataset& column, std::optional<Layout> layout, const Codec& codec, hid_t from, hid_t to,
                         const std::string& name) {
  const auto source = hdf5::open_dataset(from, name, H5P_DEFAULT);
  const Handle file_type(H5Dget_type(source.get()), H5Tclose), type(H5Tcopy(file_type.get()), H5Tclose);
  const auto& shape = column.layout();
  ColumnWriter copy(library_, to, name, type.get(), shape.dimensions, shape_of(column, layout), shape.element_bytes,
                    codec);
  copy_attributes(source.get(), copy.id(), hdf5::attribute_names(source.get()));
  copy_values(column, copy);
}

}  // namespace neurotape::loader
