#include "artifacts/map_file.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "artifacts/map_contract.hpp"
#include "backends/io/new_file.hpp"
#include "backends/npz/zip_writer.hpp"
#include "recorder/names.hpp"

namespace neurotape::artifacts {
namespace {

/// A larger file is written in pieces of this size, and read again for its checksum.
constexpr std::size_t kWindowBytes = 16U << 20U;
constexpr std::string_view kSuffix = "_attention.npz";
constexpr std::string_view kMap = "attention_map";
constexpr std::string_view kShape = "shape";
constexpr std::string_view kFileId = "file_id";
constexpr std::string_view kSource = "source";
constexpr std::string_view kClipped = "values_clipped";
constexpr std::array<std::string_view, 5> kOwn{kMap, kShape, kFileId, kSource, kClipped};

bool is_own(std::string_view name) { return std::find(kOwn.begin(), kOwn.end(), name) != kOwn.end(); }

[[noreturn]] void damaged(const std::filesystem::path& path, const std::string& why) {
  throw Error(ErrorCode::damaged, why, {.path = path.string()});
}

/// What a file says of itself, and its map.
AttentionMap read_file(const std::filesystem::path& path, std::string_view file_id) {
  const NpzFile file(path);
  for (const auto name : {kMap, kShape, kFileId})
    if (!file.contains(name)) damaged(path, fmt::format("it lacks the array '{}' of an attention map", name));
  AttentionMap map;
  map.file_id = file.read(kFileId).text();
  map.values = file.read(kMap);
  if (map.file_id != file_id) damaged(path, fmt::format("it says that its file id is '{}'", map.file_id));
  if (map.values.is_text() || map.values.dtype() != Dtype::f32)
    damaged(path, fmt::format("array '{}': expected values of float32, got {}", kMap, map.values.type_name()));
  if (file.contains(kSource)) map.source = file.read(kSource).text();
  if (file.contains(kClipped)) {
    const double clipped = file.read(kClipped).number();
    if (!(clipped >= 0 && clipped <= static_cast<double>(map.values.size())))
      damaged(path, fmt::format("{} of its {} values were clipped", clipped, map.values.size()));
    map.values_clipped = static_cast<std::uint64_t>(clipped);
  }
  for (const auto& name : file.names())
    if (!is_own(name)) map.arrays.emplace(name, file.read(name));
  return map;
}

/// Of a file that was written by other programs, too: what is wrong in it is damage of that file.
AttentionMap read_any(const std::filesystem::path& path, std::string_view file_id) {
  try {
    return read_file(path, file_id);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::wrong_type || error.code() == ErrorCode::wrong_shape) damaged(path, error.what());
    throw;
  }
}

std::vector<NamedValue> arrays_of(const NpzValue& values, std::span<const std::int64_t> shape, std::string_view file_id,
                                  const MapDetails& details, std::uint64_t clipped) {
  std::vector<NamedValue> arrays{{kMap, values}, {kShape, shape}, {kFileId, file_id}};
  if (!details.source.empty()) arrays.push_back({kSource, details.source});
  if (clipped != 0) arrays.push_back({kClipped, clipped});
  arrays.insert(arrays.end(), details.arrays.begin(), details.arrays.end());
  return arrays;
}

}  // namespace

std::string file_of_map(std::string_view file_id) { return std::string(file_id).append(kSuffix); }

std::string_view file_id_of(std::string_view file) {
  if (file.starts_with('.') || !file.ends_with(kSuffix)) return {};
  return file.substr(0, file.size() - kSuffix.size());
}

void require_file_id(std::string_view file_id) { require_name("attention map", file_id); }

void require_details(const MapDetails& details) {
  for (const auto& array : details.arrays)
    if (is_own(array.name))
      throw Error(ErrorCode::invalid_name,
                  fmt::format("'{}' cannot be the name of an array: every map has one of its own", array.name));
}

MapEntry write_map(const std::filesystem::path& directory, const NpzValue& map, std::string_view file_id,
                   const MapDetails& details, const AttentionMapOptions& options, Crew& crew) {
  const auto path = directory / file_of_map(file_id);
  try {
    const auto checked = check_map(map, options, crew.memory());
    const auto clipped = checked.values_clipped + details.values_clipped;
    const auto& dimensions = options.shape.dimensions();
    const std::vector<std::int64_t> shape(dimensions.begin(), dimensions.end());
    const auto arrays = arrays_of({ArrayView(checked.values), options.shape}, shape, file_id, details, clipped);
    io::NewFile file(path);
    std::size_t pieces = 0;
    auto written = npz::write_arrays(arrays, options.compression, crew.memory(), kWindowBytes,
                                     [&](std::uint64_t address, std::span<const std::byte> bytes) {
                                       file.write(address, bytes);
                                       ++pieces;
                                     });
    if (pieces > 1) written = npz::checksum_of_file(io::transient_name(path));
    file.put_in_place(crew.durable());
    return {std::string(file_id), path.filename().string(), options.shape, written.bytes,
            written.crc32,        details.source,           clipped};
  } catch (const Error& error) {
    if (!error.context().path.empty()) throw;  // it names the file, and so the map
    throw Error(error.code(), fmt::format("map '{}': {}", file_id, error.what()), {.path = directory.string()});
  }
}

AttentionMap read_map(const std::filesystem::path& directory, std::string_view file_id) {
  require_file_id(file_id);
  return read_any(directory / file_of_map(file_id), file_id);
}

MapEntry describe_map(const std::filesystem::path& directory, std::string_view file_id, const MapEntry* known) {
  const auto path = directory / file_of_map(file_id);
  const auto [bytes, crc32] = npz::checksum_of_file(path);
  if (known != nullptr && known->bytes == bytes && known->crc32 == crc32) return *known;
  const auto map = read_any(path, file_id);
  return {map.file_id, path.filename().string(), map.shape(), bytes, crc32, map.source, map.values_clipped};
}

}  // namespace neurotape::artifacts
