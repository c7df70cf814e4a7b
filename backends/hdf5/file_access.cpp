#include "backends/hdf5/file_access.hpp"

#include <utility>

#include "backends/hdf5/calls.hpp"
#include "backends/hdf5/errors.hpp"
#include "recorder/leak.hpp"

namespace neurotape::hdf5 {
namespace {

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
    case Access::write:
      return H5F_ACC_RDWR;
    case Access::write_alive:
      return H5F_ACC_RDWR | H5F_ACC_SWMR_WRITE;
  }
  return H5F_ACC_RDONLY;
}

void check_driver(const driver::DriverFile& file) {
  if (const auto& failure = file.failure()) fail_system(failure->tried, file.path(), failure->error_number);
}

/// Opens the file for the driver, and then with HDF5.
template <class Open>
std::pair<std::shared_ptr<driver::DriverFile>, Handle> open_both(std::string_view tried,
                                                                 std::shared_ptr<driver::DriverFile> file, Open open) {
  check_driver(*file);
  const auto properties = access_properties();
  checked(tried, file->path(), [&] { return driver::use(properties.get(), *file); });
  Handle id(checked(tried, file->path(), [&] { return open(file->path().c_str(), properties.get()); }), H5Fclose);
  return {std::move(file), std::move(id)};
}

}  // namespace

File File::create(const std::filesystem::path& path, Root root, Mode mode, const driver::Company& company) {
  const auto creation = creation_properties(root);
  auto [file, id] = open_both(
      "creating the file", std::make_shared<driver::DriverFile>(path, driver::Opening::create, mode, company),
      [&](const char* name, hid_t properties) { return H5Fcreate(name, H5F_ACC_EXCL, creation.get(), properties); });
  return {std::move(file), std::move(id)};
}

File File::open(const std::filesystem::path& path, Access access, const driver::Company& company) {
  const auto opening = access == Access::read ? driver::Opening::read : driver::Opening::write;
  auto [file, id] =
      open_both("opening the file", std::make_shared<driver::DriverFile>(path, opening, Mode::held, company),
                [&](const char* name, hid_t properties) { return H5Fopen(name, open_flags(access), properties); });
  return {std::move(file), std::move(id)};
}

void File::start_alive() {
  checked("H5Fstart_swmr_write", id(), [&] { return H5Fstart_swmr_write(id()); });
}

void File::flush() {
  checked("H5Fflush", id(), [&] { return H5Fflush(id(), H5F_SCOPE_LOCAL); });
  check();
}

void File::close(bool synced) {
  if (!file_) return;
  const auto id = file_.release();
  try {
    checked("closing the file", driver_->path(), [&] { return H5Fclose(id); });
  } catch (...) {  // without the memory to say why, too
    leave_to_hdf5();
    throw;
  }
  driver_->finish(synced);
  check();
}

File::~File() {
  if (!file_) return;
  const QuietErrors quiet;
  if (H5Fclose(file_.release()) < 0) leave_to_hdf5();
}

// What HDF5 could not close it closes when the program ends, through the driver.
void File::leave_to_hdf5() noexcept {
  driver_->part_from_company();
  detail::leak(driver_);
}

void File::check() const { check_driver(*driver_); }

void File::write_at(std::uint64_t address, std::span<const std::byte> bytes) {
  driver_->write_raw(address, bytes);
  check();
}

void File::read_at(std::uint64_t address, std::span<std::byte> bytes) const {
  if (!driver_->read(address, bytes)) check();
}

ImageFile::ImageFile(const std::filesystem::path& path, const driver::Company& company)
    : driver_(std::make_unique<driver::DriverFile>(path, driver::Opening::create, driver::Mode::direct, company)) {
  check_driver(*driver_);
  driver_->set_end(kBegin);
}

void ImageFile::append(const image::Image& image) {
  driver_->write_raw(image.begin(), image.bytes());
  driver_->set_end(image.end());
  check_driver(*driver_);
}

void ImageFile::close(std::uint64_t root, bool synced) {
  driver_->write_metadata(0, driver::new_superblock(root));
  driver_->finish(synced);
  check_driver(*driver_);
}

}  // namespace neurotape::hdf5
