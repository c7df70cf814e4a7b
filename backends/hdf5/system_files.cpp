// The part of file_access.hpp that has nothing to do with HDF5.

#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <system_error>

#include "backends/driver/journal.hpp"
#include "backends/hdf5/errors.hpp"
#include "backends/hdf5/file_access.hpp"
#include "backends/io/operations.hpp"

namespace neurotape::hdf5 {
namespace {

/// Repeats a call that a signal has interrupted.
template <class Call>
int repeated(Call call) {
  int result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace

std::optional<FileFacts> file_facts(const std::filesystem::path& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    fail_system("looking at the file", path, errno);
  }
  constexpr std::int64_t kSecond = 1'000'000'000;
  return FileFacts{static_cast<std::uint64_t>(facts.st_size), facts.st_mtim.tv_sec * kSecond + facts.st_mtim.tv_nsec};
}

void rename_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (repeated([&] { return io::operations().rename(from.c_str(), to.c_str()); }) != 0)
    fail_system(fmt::format("renaming to {}", to.string()), from, errno);
}

void put_in_place(const std::filesystem::path& from, const std::filesystem::path& to, const driver::Company& company) {
  rename_file(from, to);
  if (company.journal != nullptr && company.journal->durable()) sync_directory(to.parent_path());
}

void remove_file(const std::filesystem::path& path) {
  if (repeated([&] { return io::operations().unlink(path.c_str()); }) != 0 && errno != ENOENT)
    fail_system("removing the file", path, errno);
}

void sync_directory(const std::filesystem::path& path) {
  io::OpenFile directory;
  int error = directory.open(path, O_RDONLY | O_DIRECTORY);
  if (error == 0) error = directory.sync_names();
  if (error != 0) fail_system("waiting until its names are on the disk", path, error);
}

void make_directories(const std::filesystem::path& path) {
  std::error_code error;
  if (path.empty() || std::filesystem::is_directory(path, error)) return;
  if (!std::filesystem::exists(path.parent_path(), error)) make_directories(path.parent_path());
  if (!make_directory(path) && !std::filesystem::is_directory(path, error))
    fail_system("creating the directory", path, ENOTDIR);
}

bool make_directory(const std::filesystem::path& path) {
  if (repeated([&] { return io::operations().mkdir(path.c_str(), 0777); }) == 0) return true;
  if (errno != EEXIST) fail_system("creating the directory", path, errno);
  return false;
}

std::vector<std::string> list_directory(const std::filesystem::path& path) {
  std::error_code error;
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) fail_system("reading the directory", path, error.value());
  return names;
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
