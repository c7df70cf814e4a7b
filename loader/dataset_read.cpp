#include <algorithm>
#include <array>
#include <cstring>
#include <fmt/format.h>

#include "backends/codec/decode.hpp"
#include "backends/codec/filters.hpp"
#include "loader/dataset.hpp"
#include "loader/element_type.hpp"
#include "loader/file_driver.hpp"
#include "loader/open_rows.hpp"
#include "loader/parallel.hpp"

namespace neurotape::loader {
namespace {

// Below this much per thread, starting one costs more than it brings.
constexpr std::uint64_t kBytesWorthAThread = 2 << 20;
constexpr std::uint64_t kPieceBytes = 4 << 20;

/// Where the plug-in comes from, of filters that are common.
std::string_view package_of(std::uint32_t filter) {
  if (filter == codec::kLzf) return " (Debian's hdf5-plugin-lzf brings it)";
  if (filter == codec::kBlosc) return " (Debian's hdf5-filter-plugin-blosc-serial brings it)";
  return "";
}

}  // namespace

/// One call of `read`.
struct Dataset::Request {
  RowRange rows;
  const Picks* picks = nullptr;  ///< null: whole rows
  std::span<const std::uint64_t> positions;
  std::byte* out = nullptr;
  std::size_t out_row_bytes = 0;

  /// The rows that a group of chunks has of these.
  RowRange within(std::uint64_t group, std::uint64_t chunk_rows) const {
    const std::uint64_t begin = std::max(rows.first, group * chunk_rows);
    const std::uint64_t end = std::min(rows.first + rows.count, (group + 1) * chunk_rows);
    return {begin, end - begin};
  }
  std::byte* out_of(std::uint64_t row) const { return out + (row - rows.first) * out_row_bytes; }
};

void Dataset::read(RowRange rows, std::span<std::byte> out) const { read(rows, {}, out); }

void Dataset::read(RowRange rows, std::span<const std::uint64_t> positions, std::span<std::byte> out) const {
  const auto open_rows = open_rows_.lock();
  if (open_rows && rows.count != 0 && rows.first + rows.count > open_rows->first_row()) open_rows->check();
  read_unchecked(rows, positions, out);
}

void Dataset::read_unchecked(RowRange rows, std::span<const std::uint64_t> positions, std::span<std::byte> out) const {
  if (rows.first > this->rows() || rows.count > this->rows() - rows.first)
    throw Error(ErrorCode::out_of_range, fmt::format("'{}' has {} rows", path_, this->rows()), context_of(place_));
  if (rows.count == 0 || row_bytes() == 0) return;
  if (counting_) {
    std::int64_t value = static_cast<std::int64_t>(rows.first);
    for (std::size_t at = 0; at < out.size(); at += sizeof value, ++value) std::memcpy(&out[at], &value, sizeof value);
    return;
  }
  Request request{rows, nullptr, positions, out.data(), out.size() / static_cast<std::size_t>(rows.count)};
  if (!layout_.decodable) return read_by_hdf5(request);
  if (positions.empty()) return read_chunks(request);
  const Picks picks(grid_, positions);
  request.picks = &picks;
  read_chunks(request);
}

void Dataset::read_chunks(const Request& request) const {
  const std::uint64_t first_group = request.rows.first / grid_.rows_of_chunk();
  const std::uint64_t last_group = (request.rows.first + request.rows.count - 1) / grid_.rows_of_chunk();
  const auto picked_tiles = request.picks != nullptr ? request.picks->tiles() : std::vector<std::uint64_t>();
  const std::uint64_t tiles = request.picks != nullptr ? picked_tiles.size() : grid_.tiles();
  const std::uint64_t chunks = (last_group - first_group + 1) * tiles;
  const std::uint64_t threads = layout_.filters.empty() ? 1 : chunks * grid_.chunk_bytes() / kBytesWorthAThread;
  run_in_parallel(chunks, threads, [&](auto next) {
    auto scratch = take_scratch();
    while (const auto chunk = next()) {
      const std::uint64_t tile = *chunk % tiles;
      read_chunk(request, first_group + *chunk / tiles, picked_tiles.empty() ? tile : picked_tiles[tile], *scratch);
    }
    give_back(std::move(scratch));
  });
}

void Dataset::read_chunk(const Request& request, std::uint64_t group, std::uint64_t tile, Scratch& scratch) const {
  std::shared_ptr<const File> file;
  for (Retry retry;;) {
    try {
      file = file_after(file);
      return place_chunk(request, group, tile, scratch);
    } catch (const Error& error) {
      scratch.holds.reset();
      if (!retry.again(error, file->opened())) fail_chunk(error, group, tile);
    }
  }
}

std::uint32_t Dataset::read_one_chunk(std::uint64_t group, std::uint64_t tile, detail::Storage& chunk) const {
  auto scratch = take_scratch();
  std::shared_ptr<const File> file;
  for (Retry retry;;) {
    try {
      file = file_after(file);
      const FoundChunk found = find_chunk(group, tile);
      chunk.resize(grid_.chunk_bytes());
      decode_chunk(found, *scratch, chunk.bytes());
      give_back(std::move(scratch));
      return found.filter_mask;
    } catch (const Error& error) {
      if (!retry.again(error, file->opened())) throw;
    }
  }
}

/// What to read next where `failed` could not be read: that file opened again, unless another thread has done so. Null:
/// nothing has failed yet.
std::shared_ptr<const File> Dataset::file_after(const std::shared_ptr<const File>& failed) const {
  {
    const Hdf5Lock lock;
    if (file_ != failed) return file_;
  }
  auto file = failed->again();
  const Hdf5Lock lock;
  if (file_ != failed) return file_;
  handle_.reset();
  file_ = std::move(file);
  open_handle();
  return file_;
}

/// Brings the chunk's rows to where they are wanted, with as few copies as possible.
void Dataset::place_chunk(const Request& request, std::uint64_t group, std::uint64_t tile, Scratch& scratch) const {
  const RowRange rows = request.within(group, grid_.rows_of_chunk());
  const std::uint64_t first = rows.first - group * grid_.rows_of_chunk();
  std::byte* out = request.out_of(rows.first);
  if (scratch.holds != std::pair(group, tile)) {
    const FoundChunk found = find_chunk(group, tile);
    const bool in_place = request.picks == nullptr && grid_.whole_rows();
    if (in_place && found.raw)
      return found.file->read_bytes(found.extent.offset + first * grid_.chunk_row_bytes(),
                                    {out, static_cast<std::size_t>(rows.count) * grid_.chunk_row_bytes()});
    if (in_place && rows.count == grid_.rows_of_chunk())
      return decode_chunk(found, scratch, {out, grid_.chunk_bytes()});
    scratch.holds.reset();
    scratch.chunk.resize(grid_.chunk_bytes());
    decode_chunk(found, scratch, scratch.chunk.bytes());
    if (!found.raw) scratch.holds = {group, tile};  // a raw one may be an open one, which grows
  }
  if (request.picks != nullptr) return request.picks->copy(scratch.chunk.bytes(), tile, first, rows.count, out);
  grid_.copy_rows(scratch.chunk.bytes(), tile, first, rows.count, out);
}

Dataset::FoundChunk Dataset::find_chunk(std::uint64_t group, std::uint64_t tile) const {
  const auto offset = grid_.offset(group, tile);
  const std::vector<hsize_t> at(offset.begin(), offset.end());
  const Hdf5Lock lock;
  FoundChunk found{file_, {}, 0, false};
  std::byte unused{};
  const LocateOnly locate(found.extent);
  if (H5Dread_chunk(handle_.get(), H5P_DEFAULT, at.data(), &found.filter_mask, &unused) < 0) {
    const std::string cause = hdf5_cause();
    haddr_t address = HADDR_UNDEF;
    hsize_t bytes = 0;
    const bool asked = H5Dget_chunk_info_by_coord(handle_.get(), at.data(), nullptr, &address, &bytes) >= 0;
    if (asked && address == HADDR_UNDEF) damaged("it was never written", {});
    throw Error(ErrorCode::io, fmt::format("HDF5 cannot find it: {}", cause));
  }
  if (!found.extent.known) damaged("HDF5 does not say where it lies", {});
  const std::uint32_t all = static_cast<std::uint32_t>((std::uint64_t{1} << layout_.filters.size()) - 1);
  found.raw = (found.filter_mask & all) == all;
  if (found.raw && found.extent.bytes != grid_.chunk_bytes())
    damaged("it does not have the size of its dataset's chunks", {});
  return found;
}

void Dataset::decode_chunk(const FoundChunk& found, Scratch& scratch, std::span<std::byte> out) const {
  if (found.raw) return found.file->read_bytes(found.extent.offset, out);
  found.file->check_size(found.extent.bytes);
  scratch.stored.resize(static_cast<std::size_t>(found.extent.bytes));
  found.file->read_bytes(found.extent.offset, scratch.stored.bytes());
  codec::decode(layout_.filters, found.filter_mask, scratch.stored.bytes(), out);
}

void Dataset::fail_chunk(const Error& cause, std::uint64_t group, std::uint64_t tile) const {
  const std::uint64_t first = group * grid_.rows_of_chunk();
  const std::uint64_t last = std::min(first + grid_.rows_of_chunk(), rows()) - 1;
  const std::string which = grid_.tiles() > 1 ? fmt::format("{}, tile {}", group, tile) : fmt::format("{}", group);
  throw Error(
      cause.code(),
      fmt::format("chunk {} of '{}' (rows {} to {}) cannot be read: {}", which, path_, first, last, cause.what()),
      context_of(place_));
}

/// Whatever is not ours to decode: other filters, other byte orders, datasets without chunks.
void Dataset::read_by_hdf5(const Request& request) const {
  const std::uint64_t chunk_rows = std::max<std::uint64_t>(1, this->chunk_rows());
  std::uint64_t piece = std::max<std::uint64_t>(1, kPieceBytes / row_bytes());
  if (piece > chunk_rows) piece -= piece % chunk_rows;
  const std::uint64_t end = request.rows.first + request.rows.count;
  auto scratch = take_scratch();
  for (std::uint64_t row = request.rows.first, count = 0; row < end; row += count) {
    count = std::min(end - row, piece - row % piece);
    if (request.positions.empty()) {
      read_piece_by_hdf5({row, count}, request.out_of(row));
      continue;
    }
    scratch->holds.reset();
    scratch->chunk.resize(static_cast<std::size_t>(count * row_bytes()));
    read_piece_by_hdf5({row, count}, scratch->chunk.data());
    pick_values(scratch->chunk.bytes(), static_cast<std::size_t>(row_bytes()), request.positions, layout_.element_bytes,
                request.out_of(row));
  }
  give_back(std::move(scratch));
}

void Dataset::read_piece_by_hdf5(RowRange rows, std::byte* out) const {
  const Hdf5Lock lock;
  if (stored_bytes_ == 0) damaged(fmt::format("'{}' has rows that were never written", path_), place_);
  const std::string tried =
      fmt::format("rows {} to {} of '{}' cannot be read", rows.first, rows.first + rows.count - 1, path_);
  std::vector<hsize_t> start(layout_.dimensions.size(), 0), count(layout_.dimensions.begin(), layout_.dimensions.end());
  start[0] = rows.first;
  count[0] = rows.count;
  const Handle space(check(H5Dget_space(handle_.get()), tried, place_), H5Sclose);
  check(H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr), tried, place_);
  const Handle memory(check(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr), tried, place_),
                      H5Sclose);
  const Handle stored_type(check(H5Dget_type(handle_.get()), tried, place_), H5Tclose);
  const Handle type =
      layout_.dtype ? native_type(*layout_.dtype, stored_type.get()) : Handle(H5Tcopy(stored_type.get()), H5Tclose);
  if (H5Dread(handle_.get(), type.get(), memory.get(), space.get(), H5P_DEFAULT, out) >= 0) return;
  const std::string cause = hdf5_cause();
  for (const auto& filter : layout_.filters)
    if (H5Zfilter_avail(static_cast<H5Z_filter_t>(filter.id)) <= 0)
      throw Error(ErrorCode::unsupported,
                  fmt::format("{}: HDF5 has no plug-in for filter {} here{}", tried, filter.id, package_of(filter.id)),
                  context_of(place_));
  damaged(fmt::format("{}: {}", tried, cause), place_);
}

}  // namespace neurotape::loader
