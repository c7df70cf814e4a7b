#include "backends/driver/trim.hpp"

#include <fcntl.h>

#include "backends/driver/superblock.hpp"
#include "backends/io/file.hpp"

namespace neurotape::driver {

Trimmed trim(const std::filesystem::path& path) {
  io::OpenFile file;
  if (const int error = file.open(path, O_RDWR | O_NOFOLLOW); error != 0) return {0, error};
  const auto size = file.size();
  Superblock superblock;
  Trailer last;
  if (size < kSuperblockBytes + kTrailerBytes) return {};
  if (const int error = file.read(0, superblock); error != 0) return {0, error};
  if (const int error = file.read(size - kTrailerBytes, last); error != 0) return {0, error};
  const auto used = used_in(last);
  if (!is_superblock(superblock) || !used || *used < kSuperblockBytes || *used >= size) return {};
  seal(superblock, *used);
  int error = file.write(0, superblock);
  if (error == 0) error = file.sync();
  if (error == 0) error = file.truncate(*used);
  return {error == 0 ? size - *used : 0, error};
}

}  // namespace neurotape::driver
