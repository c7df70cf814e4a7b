#include "backends/io/copy_directory.hpp"

#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <span>
#include <vector>

#include "backends/io/new_file.hpp"

namespace neurotape::io {
namespace {

constexpr std::size_t kCopiedAtOnce = std::size_t{1} << 20;

void copy_bytes(const std::filesystem::path& from, const std::filesystem::path& to) {
  OpenFile source, target;
  if (const int error = source.open(from, O_RDONLY); error != 0) fail("opening the file", from, error);
  if (const int error = target.open(to, O_RDWR | O_CREAT | O_EXCL); error != 0) fail("creating the file", to, error);
  std::vector<std::byte> bytes(kCopiedAtOnce);
  std::size_t got = kCopiedAtOnce;
  for (std::uint64_t address = 0; got == kCopiedAtOnce; address += got) {
    if (const int error = source.read(address, bytes, &got); error != 0) fail("reading the file", from, error);
    if (const int error = target.write(address, std::span(bytes).first(got)); error != 0)
      fail("writing the file", to, error);
  }
}

}  // namespace

void copy_directory(const std::filesystem::path& from, const std::filesystem::path& to) {
  make_directory(to);
  for (const auto& name : list_directory(from)) {
    if (std::filesystem::is_directory(from / name)) {
      copy_directory(from / name, to / name);
    } else if (std::filesystem::is_regular_file(from / name)) {
      copy_bytes(from / name, to / name);
    }
  }
}

}  // namespace neurotape::io
