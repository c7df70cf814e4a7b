// The part of file_access.hpp that has nothing to do with HDF5.

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>

#include "backends/hdf5/errors.hpp"
#include "backends/hdf5/file_access.hpp"
#include "backends/io/operations.hpp"

namespace neurotape::hdf5 {

std::optional<FileFacts> file_facts(const std::filesystem::path& path) {
  struct stat facts {};
  if (io::operations().stat(path.c_str(), &facts) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    fail_system("looking at the file", path, errno);
  }
  constexpr std::int64_t kSecond = 1'000'000'000;
  return FileFacts{static_cast<std::uint64_t>(facts.st_size), facts.st_mtim.tv_sec * kSecond + facts.st_mtim.tv_nsec};
}

void put_in_place(const std::filesystem::path& from, const std::filesystem::path& to, bool durable) {
  rename_file(from, to);
  if (durable) sync_directory(to.parent_path());
}

std::optional<std::string> read_text(const std::filesystem::path& path, std::size_t limit_bytes) {
  io::OpenFile file;
  if (file.open(path, O_RDONLY) != 0) return std::nullopt;
  std::string text(limit_bytes, '\0');
  std::size_t length = 0;
  if (file.read(0, std::as_writable_bytes(std::span(text)), &length) != 0) return std::nullopt;
  text.resize(length);
  return text;
}

}  // namespace neurotape::hdf5
