#include "backends/hdf5/file_access.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends/hdf5/calls.hpp"
#include "backends/hdf5/errors.hpp"

namespace neurotape::hdf5 {
namespace {

/// A reader of a file whose writer died must not wait for ever for metadata that never comes.
constexpr unsigned kReadAttempts = 20;
constexpr std::size_t kCacheBytes = 512U << 10;
constexpr std::size_t kLargestCacheBytes = 2U << 20;

void set_small_root(hid_t properties) {
  checked("H5Pset_link_phase_change", properties, [&] { return H5Pset_link_phase_change(properties, 65535, 0); });
  checked("H5Pset_attr_phase_change", properties, [&] { return H5Pset_attr_phase_change(properties, 65535, 0); });
  // Room for all links that an episode may get: see Library::group_creation.
  checked("H5Pset_est_link_info", properties, [&] { return H5Pset_est_link_info(properties, 32, 40); });
}

Handle creation_properties(Root root) {
  auto properties = create_properties(H5P_FILE_CREATE);
  const auto id = properties.get();
  if (root == Root::small) set_small_root(id);
  checked("H5Pset_obj_track_times", id, [&] { return H5Pset_obj_track_times(id, false); });
  return properties;
}

/// HDF5 lets its metadata cache grow to 32 MiB a file, which here would only hold what is not read again.
void limit_metadata_cache(hid_t properties) {
  H5AC_cache_config_t config{};
  config.version = H5AC__CURR_CACHE_CONFIG_VERSION;
  checked("H5Pget_mdc_config", properties, [&] { return H5Pget_mdc_config(properties, &config); });
  config.set_initial_size = true;
  config.initial_size = kCacheBytes;
  config.min_size = kCacheBytes;
  config.max_size = kLargestCacheBytes;
  checked("H5Pset_mdc_config", properties, [&] { return H5Pset_mdc_config(properties, &config); });
}

Handle access_properties() {
  auto properties = create_properties(H5P_FILE_ACCESS);
  const auto id = properties.get();
  checked("H5Pset_libver_bounds", id, [&] { return H5Pset_libver_bounds(id, H5F_LIBVER_V110, H5F_LIBVER_V110); });
  // Closing a file in which something is still open is an error here, not a file that stays open.
  checked("H5Pset_fclose_degree", id, [&] { return H5Pset_fclose_degree(id, H5F_CLOSE_SEMI); });
  limit_metadata_cache(id);
  checked("H5Pset_file_locking", id, [&] { return H5Pset_file_locking(id, false, true); });
  return properties;
}

unsigned open_flags(Access access) {
  switch (access) {
    case Access::read:
      return H5F_ACC_RDONLY;
    case Access::read_alive:
      return H5F_ACC_RDONLY | H5F_ACC_SWMR_READ;
    case Access::write:
      return H5F_ACC_RDWR;
    case Access::write_alive:
      return H5F_ACC_RDWR | H5F_ACC_SWMR_WRITE;
  }
  return H5F_ACC_RDONLY;
}

}  // namespace

File File::create(const std::filesystem::path& path, Root root) {
  const auto creation = creation_properties(root);
  const auto access = access_properties();
  const auto id = checked("creating the file", path,
                          [&] { return H5Fcreate(path.c_str(), H5F_ACC_EXCL, creation.get(), access.get()); });
  return {Handle(id, H5Fclose), path};
}

File File::open(const std::filesystem::path& path, Access access) {
  const auto properties = access_properties();
  if (access == Access::read_alive) {
    checked("H5Pset_metadata_read_attempts", path,
            [&] { return H5Pset_metadata_read_attempts(properties.get(), kReadAttempts); });
  }
  const auto id =
      checked("opening the file", path, [&] { return H5Fopen(path.c_str(), open_flags(access), properties.get()); });
  return {Handle(id, H5Fclose), path};
}

void File::start_alive() {
  checked("H5Fstart_swmr_write", id(), [&] { return H5Fstart_swmr_write(id()); });
}

void File::flush() {
  checked("H5Fflush", id(), [&] { return H5Fflush(id(), H5F_SCOPE_LOCAL); });
}

void File::close() {
  if (!file_) return;
  const auto id = file_.release();
  checked("closing the file", path_, [&] { return H5Fclose(id); });
}

int File::descriptor() const {
  void* handle = nullptr;
  checked("H5Fget_vfd_handle", id(), [&] { return H5Fget_vfd_handle(id(), H5P_DEFAULT, &handle); });
  return *static_cast<int*>(handle);
}

void File::write_at(std::uint64_t address, std::span<const std::byte> bytes) {
  const int file = descriptor();
  while (!bytes.empty()) {
    const auto written = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(address));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail_system("writing rows", path_, written < 0 ? errno : ENOSPC);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    address += static_cast<std::uint64_t>(written);
  }
}

std::size_t File::read_at(std::uint64_t address, std::span<std::byte> bytes) const {
  const int file = descriptor();
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto got = ::pread(file, bytes.data() + done, bytes.size() - done, static_cast<off_t>(address + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_system("reading rows back", path_, errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

std::uint64_t File::bytes() const {
  struct stat facts {};
  if (::fstat(descriptor(), &facts) != 0) fail_system("looking at the file", path_, errno);
  return static_cast<std::uint64_t>(facts.st_size);
}

std::optional<std::uint64_t> File::found_at_end(std::span<const std::byte> written, std::uint64_t bytes_before) const {
  const auto end = bytes();
  if (end <= bytes_before || end < written.size()) return std::nullopt;
  const auto address = end - written.size();
  std::array<std::byte, 16384> piece;
  for (std::size_t done = 0; done < written.size();) {
    const auto expected = written.subspan(done, std::min(piece.size(), written.size() - done));
    const auto found = std::span(piece).first(expected.size());
    if (read_at(address + done, found) != found.size()) return std::nullopt;
    if (!std::equal(found.begin(), found.end(), expected.begin())) return std::nullopt;
    done += expected.size();
  }
  return address;
}

void File::start_write_back() {
  // Advice only: where the file system does not know it, the kernel writes later.
  ::sync_file_range(descriptor(), 0, 0, SYNC_FILE_RANGE_WRITE);
}

}  // namespace neurotape::hdf5
