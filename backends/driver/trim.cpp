#include "backends/driver/trim.hpp"

#include <fcntl.h>
#include <optional>

#include "backends/driver/superblock.hpp"
#include "backends/io/file.hpp"

namespace neurotape::driver {

namespace {

/// What HDF5 uses of the file, as of the last commit; nothing where no trailer says so.
std::optional<std::uint64_t> used_of(const io::OpenFile& file, std::uint64_t size, const Superblock& superblock,
                                     int& error) {
  // At the end of the file; or, where the writer died while the reserve grew, at the end that it had before.
  for (const auto end : {size, end_in(superblock)}) {
    Trailer last;
    if (end < kSuperblockBytes + kTrailerBytes || end > size) continue;
    if (error = file.read(end - kTrailerBytes, last); error != 0) return std::nullopt;
    if (const auto used = used_in(last); used && *used >= kSuperblockBytes && *used < size) return used;
  }
  return std::nullopt;
}

}  // namespace

Trimmed trim(const std::filesystem::path& path) {
  io::OpenFile file;
  if (const int error = file.open(path, O_RDWR | O_NOFOLLOW); error != 0) return {0, error};
  const auto size = file.size();
  Superblock superblock;
  if (size < kSuperblockBytes + kTrailerBytes) return {};
  int error = file.read(0, superblock);
  if (error != 0 || !is_superblock(superblock)) return {0, error};
  const auto used = used_of(file, size, superblock, error);
  if (!used) return {0, error};
  seal(superblock, *used);
  error = file.write(0, superblock);
  if (error == 0) error = file.sync();
  if (error == 0) error = file.truncate(*used);
  return {error == 0 ? size - *used : 0, error};
}

}  // namespace neurotape::driver
