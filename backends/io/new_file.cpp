#include "backends/io/new_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <span>
#include <system_error>

#include "backends/io/operations.hpp"
#include "backends/io/root.hpp"
#include "neurotape/error.hpp"

namespace neurotape::io {
namespace {

/// Repeats a call that a signal has interrupted.
template <class Call>
int repeated(Call call) {
  int result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

/// What scandirat() gives: memory of malloc().
template <class T>
using Freed = std::unique_ptr<T, decltype(&std::free)>;

int is_of_others(const dirent* entry) {
  return static_cast<int>(entry->d_name != std::string_view(".") && entry->d_name != std::string_view(".."));
}

}  // namespace

void fail(std::string_view tried, const std::filesystem::path& path, int error_number) {
  throw Error(error_number == ENOENT ? ErrorCode::not_found : ErrorCode::io,
              fmt::format("{}: {}", tried, std::generic_category().message(error_number)), {.path = path.string()});
}

std::filesystem::path transient_name(const std::filesystem::path& path) {
  return path.parent_path() / ("." + path.filename().string());
}

NewFile::NewFile(std::filesystem::path path) : path_(std::move(path)) {
  const int error = file_.open(transient_name(path_), O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW);
  if (error != 0) fail("creating the file", path_, error);
}

NewFile::~NewFile() {
  if (!file_.is_open()) return;
  file_.close();
  operations().unlink(transient_name(path_).c_str());
}

void NewFile::write(std::uint64_t address, std::span<const std::byte> bytes) const {
  if (const int error = file_.write(address, bytes); error != 0) fail("writing the file", path_, error);
}

void NewFile::put_in_place(bool durable) {
  if (durable) {
    if (const int error = file_.sync(); error != 0) fail("waiting until the file is on the disk", path_, error);
  }
  rename_file(transient_name(path_), path_);
  file_.close();
}

void replace_file(const std::filesystem::path& path, std::string_view contents, bool durable) {
  NewFile file(path);
  file.write(0, std::as_bytes(std::span(contents)));
  file.put_in_place(durable);
  if (durable) sync_directory(path.parent_path());
}

void rename_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (repeated([&] { return operations().rename(from.c_str(), to.c_str()); }) != 0)
    fail(fmt::format("renaming to {}", to.string()), from, errno);
}

void remove_file(const std::filesystem::path& path) {
  if (repeated([&] { return operations().unlink(path.c_str()); }) != 0 && errno != ENOENT)
    fail("removing the file", path, errno);
}

void sync_directory(const std::filesystem::path& path) {
  OpenFile directory;
  const auto name = path.empty() ? std::filesystem::path(".") : path;
  int error = directory.open(name, O_RDONLY | O_DIRECTORY);
  if (error == 0) error = directory.sync_names();
  if (error != 0) fail("waiting until its names are on the disk", name, error);
}

bool make_directory(const std::filesystem::path& path) {
  if (repeated([&] { return operations().mkdir(path.c_str(), 0777); }) == 0) return true;
  if (errno != EEXIST) fail("creating the directory", path, errno);
  return false;
}

void make_directories(const std::filesystem::path& path, bool durable) {
  std::error_code error;
  if (path.empty() || std::filesystem::is_directory(path, error)) return;
  if (!std::filesystem::exists(path.parent_path(), error)) make_directories(path.parent_path(), durable);
  if (!make_directory(path) && !std::filesystem::is_directory(path, error))
    fail("creating the directory", path, ENOTDIR);
  if (durable) sync_directory(path.parent_path());
}

std::vector<std::string> list_directory(const std::filesystem::path& path) {
  const Place place(path.native());
  dirent** entries = nullptr;
  const int count = ::scandirat(place.directory(), place.name(), &entries, is_of_others, nullptr);
  if (count < 0 && errno == ENOENT) return {};
  if (count < 0) fail("reading the directory", path, errno);
  const Freed<dirent*> all(entries, std::free);
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(count));
  for (dirent* const each : std::span(entries, static_cast<std::size_t>(count))) {
    const Freed<dirent> entry(each, std::free);
    names.emplace_back(entry->d_name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string read_text(const std::filesystem::path& path, std::uint64_t limit_bytes) {
  OpenFile file;
  int error = file.open(path, O_RDONLY);
  if (error != 0) fail("opening the file", path, error);
  if (file.size() > limit_bytes)
    throw Error(ErrorCode::damaged, fmt::format("it has {} bytes, expected at most {}", file.size(), limit_bytes),
                {.path = path.string()});
  std::string text(file.size(), '\0');
  std::size_t length = 0;
  error = file.read(0, std::as_writable_bytes(std::span(text)), &length);
  if (error != 0) fail("reading the file", path, error);
  text.resize(length);
  return text;
}

}  // namespace neurotape::io
