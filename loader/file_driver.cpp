#include "loader/file_driver.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <limits>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace neurotape::loader {
namespace {

thread_local Extent* locating = nullptr;

struct Settings {
  int descriptor;
  const driver::HeldWrites* over;
};

// HDF5 casts between the two, so the public part comes first.
struct DriverFile {
  H5FD_t hdf5_part;
  int descriptor;
  const driver::HeldWrites* over;
  haddr_t end_of_address;
};

DriverFile& ours(H5FD_t* file) { return *reinterpret_cast<DriverFile*>(file); }
const DriverFile& ours(const H5FD_t* file) { return *reinterpret_cast<const DriverFile*>(file); }

H5FD_t* open_file(const char*, unsigned flags, hid_t access, haddr_t) {
  if ((flags & (H5F_ACC_RDWR | H5F_ACC_TRUNC | H5F_ACC_CREAT)) != 0) return nullptr;
  const auto* settings = static_cast<const Settings*>(H5Pget_driver_info(access));
  if (settings == nullptr) return nullptr;
  const int descriptor = fcntl(settings->descriptor, F_DUPFD_CLOEXEC, 0);
  if (descriptor < 0) return nullptr;
  auto file = std::unique_ptr<DriverFile>(new (std::nothrow) DriverFile{});
  if (file == nullptr) {
    ::close(descriptor);
    return nullptr;
  }
  file->descriptor = descriptor;
  file->over = settings->over;
  return &file.release()->hdf5_part;
}

herr_t close_file(H5FD_t* file) {
  ::close(ours(file).descriptor);
  delete &ours(file);
  return 0;
}

// By identity: the same file opened twice is two files to HDF5.
int compare(const H5FD_t* a, const H5FD_t* b) { return a == b ? 0 : std::less<>()(a, b) ? -1 : 1; }

herr_t query(const H5FD_t*, unsigned long* flags) {
  *flags = H5FD_FEAT_DATA_SIEVE | H5FD_FEAT_SUPPORTS_SWMR_IO | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
  return 0;
}

haddr_t get_end_of_address(const H5FD_t* file, H5FD_mem_t) { return ours(file).end_of_address; }

herr_t set_end_of_address(H5FD_t* file, H5FD_mem_t, haddr_t address) {
  ours(file).end_of_address = address;
  return 0;
}

haddr_t get_end_of_file(const H5FD_t* file, H5FD_mem_t) {
  struct stat status = {};
  if (fstat(ours(file).descriptor, &status) != 0) return HADDR_UNDEF;
  // What lies over the file says where it ends, and may have been cut off from making it that long.
  if (ours(file).over != nullptr) return static_cast<haddr_t>(std::numeric_limits<off_t>::max());
  return static_cast<haddr_t>(status.st_size);
}

bool read_over(const driver::HeldWrites& over, haddr_t address, void* buffer, size_t bytes) noexcept try {
  over.read_over(address, {static_cast<std::byte*>(buffer), bytes});
  return true;
} catch (...) {
  return false;
}

herr_t read(H5FD_t* file, H5FD_mem_t type, hid_t, haddr_t address, size_t bytes, void* buffer) {
  if (locating != nullptr && type == H5FD_MEM_DRAW) {
    *locating = {address, bytes, true};
    return 0;
  }
  // HDF5 reads metadata ahead, beyond the end of the file too, and wants to see zeros there.
  if (type != H5FD_MEM_DRAW) std::memset(buffer, 0, bytes);
  const int result = read_at(ours(file).descriptor, address, buffer, bytes);
  if (ours(file).over != nullptr && type != H5FD_MEM_DRAW && !read_over(*ours(file).over, address, buffer, bytes))
    return -1;
  return result == 0 || (result == kEndOfFile && type != H5FD_MEM_DRAW) ? 0 : -1;
}

herr_t write(H5FD_t*, H5FD_mem_t, hid_t, haddr_t, size_t, const void*) { return -1; }

H5FD_class_t driver_class() {
  H5FD_class_t driver = {};
  driver.name = "neurotape_reader";
  driver.maxaddr = static_cast<haddr_t>(std::numeric_limits<off_t>::max());
  driver.fc_degree = H5F_CLOSE_WEAK;
  driver.fapl_size = sizeof(Settings);
  driver.open = open_file;
  driver.close = close_file;
  driver.cmp = compare;
  driver.query = query;
  driver.get_eoa = get_end_of_address;
  driver.set_eoa = set_end_of_address;
  driver.get_eof = get_end_of_file;
  driver.read = read;
  driver.write = write;
  return driver;
}

/// Registered for the life of the process: files that are open refer to it.
hid_t driver_id() {
  static const H5FD_class_t driver = driver_class();
  static hid_t id = H5I_INVALID_HID;
  if (H5Iis_valid(id) <= 0) id = H5FDregister(&driver);
  return id;
}

}  // namespace

Handle file_access(int descriptor, const driver::HeldWrites* over, const Place& place) {
  const Hdf5Lock lock;
  Handle access(check(H5Pcreate(H5P_FILE_ACCESS), "cannot prepare to open the file", place), H5Pclose);
  const Settings settings = {descriptor, over};
  check(H5Pset_driver(access.get(), driver_id(), &settings), "cannot prepare to open the file", place);
  // What a reader beside a live writer may try again; HDF5's own 100 only delay the error for a dead one.
  check(H5Pset_metadata_read_attempts(access.get(), 20), "cannot prepare to open the file", place);
  return access;
}

LocateOnly::LocateOnly(Extent& found) { locating = &found; }
LocateOnly::~LocateOnly() { locating = nullptr; }

int read_at(int descriptor, std::uint64_t offset, void* buffer, std::size_t bytes) noexcept {
  auto* out = static_cast<char*>(buffer);
  while (bytes > 0) {
    if (offset > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max())) return EOVERFLOW;
    const ssize_t got = pread(descriptor, out, bytes, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) return kEndOfFile;
    out += got;
    offset += static_cast<std::uint64_t>(got);
    bytes -= static_cast<std::size_t>(got);
  }
  return 0;
}

}  // namespace neurotape::loader
