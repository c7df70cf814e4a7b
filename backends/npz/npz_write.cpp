#include <fcntl.h>

#include "backends/deflate/deflate.hpp"
#include "backends/io/file.hpp"
#include "backends/io/new_file.hpp"
#include "backends/npz/npy_header.hpp"
#include "backends/npz/zip_writer.hpp"
#include "recorder/threads.hpp"

namespace neurotape {
namespace {

constexpr std::size_t kWindowBytes = 4U << 20U;

void put_in_place(io::NewFile& file, const std::filesystem::path& path, Durability durability) {
  const bool durable = durability == Durability::power;
  file.put_in_place(durable);
  if (durable) io::sync_directory(path.parent_path());
}

}  // namespace

std::uint32_t npz::checksum(std::span<const std::byte> bytes) noexcept { return deflate::crc32(bytes); }

npz::Written npz::checksum_of_file(const std::filesystem::path& path) {
  constexpr std::size_t kPartBytes = 1U << 18U;
  io::OpenFile file;
  int error = file.open(path, O_RDONLY);
  if (error != 0) io::fail("opening the file", path, error);
  std::vector<std::byte> part(kPartBytes);
  Written found;
  for (std::size_t got = part.size(); got == part.size(); found.bytes += got) {
    error = file.read(found.bytes, part, &got);
    if (error != 0) io::fail("reading the file", path, error);
    found.crc32 = deflate::crc32(std::span(part).first(got), found.crc32);
  }
  return found;
}

void write_npz(const std::filesystem::path& path, const std::vector<NamedValue>& arrays, const NpzOptions& options) {
  const NoSignal no_signal(SIGXFSZ);
  BufferPool memory(0);
  io::NewFile file(path);
  npz::write_arrays(arrays, options.compression, memory, kWindowBytes,
                    [&](std::uint64_t address, std::span<const std::byte> bytes) { file.write(address, bytes); });
  put_in_place(file, path, options.durability);
}

void write_npy(const std::filesystem::path& path, const NpzValue& array, Durability durability) {
  const NoSignal no_signal(SIGXFSZ);
  const auto npy = npz::npy_bytes(array);
  io::NewFile file(path);
  file.write(0, std::as_bytes(std::span(npy.header)));
  file.write(npy.header.size(), npy.values(array));
  put_in_place(file, path, durability);
}

}  // namespace neurotape
