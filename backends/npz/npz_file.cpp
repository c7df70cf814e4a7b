#include <algorithm>
#include <fcntl.h>
#include <fmt/format.h>
#include <set>

#include "backends/io/file.hpp"
#include "backends/io/new_file.hpp"
#include "backends/npz/npy_decode.hpp"
#include "backends/npz/zip_reader.hpp"

namespace neurotape {
namespace {

constexpr std::string_view kSuffix = ".npy";

io::OpenFile open_to_read(const std::filesystem::path& path) {
  io::OpenFile file;
  if (const int error = file.open(path, O_RDONLY); error != 0) io::fail("opening the file", path, error);
  return file;
}

/// Runs `read`, and says of which file and array it is what goes wrong.
template <class Read>
auto told(const std::filesystem::path& path, std::string_view array, Read read) {
  try {
    return read();
  } catch (const Error& error) {
    const auto what = array.empty() ? std::string(error.what()) : fmt::format("array '{}': {}", array, error.what());
    throw Error(error.code(), what, {.path = path.string()});
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::io, fmt::format("array '{}': there is no memory for it", array), {.path = path.string()});
  }
}

}  // namespace

class NpzFile::Contents {
 public:
  explicit Contents(const std::filesystem::path& where) : path(where), file(open_to_read(where)) {
    std::set<std::string> seen;
    for (auto& member : told(path, {}, [&] { return npz::read_members(file); })) {
      if (!member.name.ends_with(kSuffix)) continue;
      names.push_back(member.name.substr(0, member.name.size() - kSuffix.size()));
      members.push_back(std::move(member));
      if (!seen.insert(names.back()).second)
        throw Error(ErrorCode::damaged, fmt::format("two arrays have the name '{}'", names.back()),
                    {.path = path.string()});
    }
  }

  const std::filesystem::path path;
  const io::OpenFile file;
  std::vector<std::string> names;
  std::vector<npz::Member> members;
};

NpzFile::NpzFile(const std::filesystem::path& path) : contents_(std::make_shared<const Contents>(path)) {}

const std::filesystem::path& NpzFile::path() const noexcept { return contents_->path; }
const std::vector<std::string>& NpzFile::names() const noexcept { return contents_->names; }

bool NpzFile::contains(std::string_view name) const noexcept {
  return std::find(names().begin(), names().end(), name) != names().end();
}

NpyArray NpzFile::read(std::string_view name) const {
  const auto found = std::find(names().begin(), names().end(), name);
  if (found == names().end())
    throw Error(ErrorCode::not_found, fmt::format("there is no array '{}' in it", name), {.path = path().string()});
  const auto& member = contents_->members[static_cast<std::size_t>(found - names().begin())];
  return told(path(), name,
              [&] { return NpyDecoder::decode(npz::read_member(contents_->file, member), member.bytes); });
}

std::map<std::string, NpyArray> NpzFile::read_all() const {
  std::map<std::string, NpyArray> arrays;
  for (const auto& name : names()) arrays.emplace(name, read(name));
  return arrays;
}

NpyArray read_npy(const std::filesystem::path& path) {
  const auto file = open_to_read(path);
  return told(path, {}, [&] {
    const auto size = file.size();
    const std::shared_ptr<std::byte[]> bytes(new std::byte[size + 1]);
    std::size_t got = 0;
    if (const int error = file.read(0, {bytes.get(), size}, &got); error != 0)
      io::fail("reading the file", path, error);
    return NpyDecoder::decode(bytes, got);
  });
}

}  // namespace neurotape
