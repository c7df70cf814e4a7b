#include "artifacts/manifest.hpp"

#include <charconv>
#include <fcntl.h>
#include <fmt/format.h>
#include <limits>

#include "backends/io/new_file.hpp"

namespace neurotape::artifacts {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kFormat = "neurotape attention maps";
constexpr std::string_view kEnd = "\n]}\n";
constexpr std::string_view kChecksum = "crc32:";
constexpr std::size_t kPageBytes = 4096;
constexpr std::uint64_t kMostBytes = 4ULL << 30U;

std::string line_of(const MapEntry& entry) {
  const ordered_json line{{"file_id", entry.file_id},
                          {"file", entry.file},
                          {"shape", entry.shape.dimensions()},
                          {"dtype", "float32"},
                          {"bytes", entry.bytes},
                          {"checksum", fmt::format("{}{:08x}", kChecksum, entry.crc32)},
                          {"source", entry.source.empty() ? ordered_json() : ordered_json(entry.source)},
                          {"values_clipped", entry.values_clipped}};
  return line.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

MapEntry entry_of(const nlohmann::json& line) {
  MapEntry entry;
  entry.file_id = line.at("file_id").get<std::string>();
  entry.file = line.at("file").get<std::string>();
  const auto shape = line.at("shape").get<std::vector<std::uint64_t>>();
  entry.shape = Shape(std::span(shape));
  entry.bytes = line.at("bytes").get<std::uint64_t>();
  const auto checksum = line.at("checksum").get<std::string>();
  if (checksum.size() < kChecksum.size()) throw Error(ErrorCode::damaged, "it has a checksum of another kind");
  std::from_chars(checksum.data() + kChecksum.size(), checksum.data() + checksum.size(), entry.crc32, 16);
  if (const auto& source = line.at("source"); source.is_string()) entry.source = source.get<std::string>();
  entry.values_clipped = line.at("values_clipped").get<std::uint64_t>();
  return entry;
}

}  // namespace

std::optional<std::vector<MapEntry>> ManifestFile::read(const std::filesystem::path& path) {
  try {
    const auto manifest = nlohmann::json::parse(io::read_text(path, kMostBytes));
    std::vector<MapEntry> entries;
    for (const auto& line : manifest.at("maps")) entries.push_back(entry_of(line));
    return entries;
  } catch (const std::exception&) {  // it can be made anew
    return std::nullopt;
  }
}

void ManifestFile::replace(std::span<const MapEntry> entries, bool durable) {
  text_ = fmt::format(R"({{"format": "{}", "format_version": 1, "maps": [)", kFormat);
  const char* before = "\n";
  for (const auto& entry : entries) {
    text_ += std::exchange(before, ",\n") + line_of(entry);
  }
  text_ += kEnd;
  write_all(durable);
}

void ManifestFile::append(std::span<const MapEntry> entries) {
  const std::size_t at = text_.size() - kEnd.size();
  std::string more;
  for (const auto& entry : entries) more += (text_[at - 1] == '[' && more.empty() ? "\n" : ",\n") + line_of(entry);
  more += kEnd;
  const bool within_a_page = at / kPageBytes == (at + more.size() - 1) / kPageBytes;
  if (within_a_page) {
    write_end(at, more);
    text_.replace(at, kEnd.size(), more);
  } else {
    const std::string before = text_;
    text_.replace(at, kEnd.size(), more);
    try {
      write_all(false);
    } catch (...) {
      text_ = before;
      throw;
    }
  }
}

void ManifestFile::write_end(std::size_t at, const std::string& end) const {
  io::OpenFile file;
  int error = file.open(path_, O_RDWR | O_NOFOLLOW);
  if (error == 0 && (error = file.write(at, std::as_bytes(std::span(end)))) != 0) {
    file.write(at, std::as_bytes(std::span(kEnd)));  // as it was: it needs no space
    file.truncate(text_.size());
  }
  if (error != 0) io::fail("adding to the manifest", path_, error);
}

void ManifestFile::sync() const {
  io::OpenFile file;
  int error = file.open(path_, O_RDWR | O_NOFOLLOW);
  if (error == 0) error = file.sync();
  if (error != 0) io::fail("waiting until the manifest is on the disk", path_, error);
}

void ManifestFile::write_all(bool durable) { io::replace_file(path_, text_, durable); }

}  // namespace neurotape::artifacts
