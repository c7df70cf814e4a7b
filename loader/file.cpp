#include "loader/file.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>

#include "backends/driver/journal.hpp"
#include "loader/file_check.hpp"
#include "loader/file_driver.hpp"

namespace neurotape::loader {
namespace {

std::string system_cause(int error_number) { return std::generic_category().message(error_number); }

int open_descriptor(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor >= 0) return descriptor;
  const int cause = errno;
  throw Error(cause == ENOENT || cause == ENOTDIR ? ErrorCode::not_found : ErrorCode::io,
              fmt::format("cannot open the file: {}", system_cause(cause)), context_of({.file = path.string()}));
}

/// What a recorder that died wrote into its journal for this file, and may not have written into the file itself.
driver::HeldWrites cut_off_commit(const std::filesystem::path& path, int descriptor) {
  driver::HeldWrites writes;
  const auto run = run_of(path);
  if (!run || recorded_since(*run)) return writes;
  driver::Superblock beginning{};
  if (read_at(descriptor, 0, beginning.data(), beginning.size()) != 0) beginning = {};
  int unreadable = 0;
  const auto entries = driver::read_journal(*run / ".journal", &unreadable);
  if (unreadable != 0)
    throw Error(ErrorCode::io, fmt::format("cannot read the journal of the run: {}", system_cause(unreadable)),
                context_of({.file = (*run / ".journal").string()}));
  for (const auto& entry : entries) {
    if (entry.file != path.filename() || !driver::is_about(entry, beginning)) continue;
    for (const auto& piece : entry.pieces) writes.add(piece.address, piece.bytes);
  }
  return writes;
}

hid_t open_hdf5(const std::filesystem::path& path, int descriptor, const driver::HeldWrites& cut_off,
                const Place& place) {
  const Handle access = file_access(descriptor, cut_off.pieces().empty() ? nullptr : &cut_off, place);
  const hid_t plain = H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.get());
  if (plain >= 0) return plain;
  const std::string cause = hdf5_cause();
  // Files of foreign writers are marked while they are written in SWMR mode; ours are not.
  const hid_t live = H5Fopen(path.c_str(), H5F_ACC_RDONLY | H5F_ACC_SWMR_READ, access.get());
  if (live >= 0) return live;
  throw Error(ErrorCode::damaged, fmt::format("HDF5 cannot open the file: {}", cause), context_of(place));
}

herr_t collect_name(hid_t, const char* name, const H5L_info_t*, void* names) noexcept {
  try {
    static_cast<std::vector<std::string>*>(names)->emplace_back(name);
    return 0;
  } catch (...) {
    return -1;
  }
}

}  // namespace

File::File(int descriptor, std::filesystem::path path, std::shared_ptr<Prober> prober)
    : path_(std::move(path)), prober_(std::move(prober)), opened_(path_), descriptor_(descriptor) {}

std::shared_ptr<const File> File::open(const std::filesystem::path& path, std::shared_ptr<Prober> prober,
                                       const std::string& object) {
  return open(open_descriptor(path), path, std::move(prober), object);
}

std::shared_ptr<const File> File::open(int descriptor, const std::filesystem::path& path,
                                       std::shared_ptr<Prober> prober, const std::string& object) {
  std::shared_ptr<File> file(new File(descriptor, path, std::move(prober)));
  file->cut_off_ = cut_off_commit(path, file->descriptor_);
  check_superblock(file->descriptor_, file->cut_off_, file->place());
  file->probe(object);
  const Hdf5Lock lock;
  file->file_ = Handle(open_hdf5(path, file->descriptor_, file->cut_off_, file->place()), H5Fclose);
  return file;
}

std::shared_ptr<const File> File::again() const {
  const int descriptor = fcntl(descriptor_, F_DUPFD_CLOEXEC, 0);
  if (descriptor < 0) throw Error(ErrorCode::io, system_cause(errno), context_of(place()));
  return open(descriptor, path_, prober_, {});
}

void File::probe(const std::string& object) const {
  if (prober_) prober_->probe(descriptor_, path_, object);
}

File::~File() {
  {
    const Hdf5Lock lock;
    file_.reset();
  }
  if (descriptor_ >= 0) ::close(descriptor_);
}

void File::read_bytes(std::uint64_t offset, std::span<std::byte> out) const {
  const int result = read_at(descriptor_, offset, out.data(), out.size());
  if (result == 0) return;
  if (result == kEndOfFile) damaged("the file ends before", {});
  throw Error(ErrorCode::io, system_cause(result));
}

void File::check_size(std::uint64_t bytes) const {
  struct stat status = {};
  if (fstat(descriptor_, &status) == 0 && bytes > static_cast<std::uint64_t>(status.st_size))
    damaged(fmt::format("{} bytes are said to be stored, more than the file has", bytes), {});
}

bool Retry::again(const Error& error, const Stamp& opened) {
  constexpr int kMostAttempts = 7;
  if (error.code() != ErrorCode::io && error.code() != ErrorCode::damaged) return false;
  if (++attempts_ >= kMostAttempts) return false;
  if (!opened.is_recent() && !opened.may_have_changed()) return false;
  std::this_thread::sleep_for(std::chrono::milliseconds(1 << attempts_));
  return true;
}

LinkKind kind_of(hid_t location, const std::string& path, const Place& place) {
  std::size_t end = 0;
  do {
    end = path.find('/', end + 1);
    const std::string part = path.substr(0, end);
    const htri_t exists = H5Lexists(location, part.c_str(), H5P_DEFAULT);
    if (check(exists, fmt::format("cannot look for '{}'", part), place) == 0) return LinkKind::none;
    H5L_info_t link = {};
    check(H5Lget_info(location, part.c_str(), &link, H5P_DEFAULT), fmt::format("cannot look at '{}'", part), place);
    if (link.type != H5L_TYPE_HARD) return LinkKind::other;
  } while (end != std::string::npos);
  H5O_info_t object = {};
  check(H5Oget_info_by_name2(location, path.c_str(), &object, H5O_INFO_BASIC, H5P_DEFAULT),
        fmt::format("cannot look at '{}'", path), place);
  return object.type == H5O_TYPE_GROUP     ? LinkKind::group
         : object.type == H5O_TYPE_DATASET ? LinkKind::dataset
                                           : LinkKind::other;
}

std::vector<std::string> names_in(hid_t location, const std::string& path, const Place& place) {
  const Handle group = open_group(location, path, place);
  std::vector<std::string> names;
  check(H5Literate(group.get(), H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, collect_name, &names),
        fmt::format("cannot list the group '{}'", path), place);
  std::sort(names.begin(), names.end());
  return names;
}

Handle open_group(hid_t location, const std::string& path, const Place& place) {
  return {check(H5Gopen2(location, path.c_str(), H5P_DEFAULT), fmt::format("cannot open the group '{}'", path), place),
          H5Gclose};
}

}  // namespace neurotape::loader
