#include "backends/driver/driver.hpp"

#include <algorithm>
#include <iterator>
#include <new>
#include <system_error>
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

namespace neurotape::driver {
namespace {

/// What HDF5 calls an open file: its own part comes first.
struct Handle {
  H5FD_t hdf5;
  DriverFile* file;
};

/// What a file access property list carries.
struct Info {
  DriverFile* file;
};

DriverFile& file_of(const H5FD_t* handle) { return *reinterpret_cast<const Handle*>(handle)->file; }

H5FD_t* open(const char*, unsigned, hid_t properties, haddr_t) {
  const void* const info = H5Pget_driver_info(properties);
  if (info == nullptr) return nullptr;
  auto* const handle = new (std::nothrow) Handle{};
  if (handle == nullptr) return nullptr;
  handle->file = static_cast<const Info*>(info)->file;
  return &handle->hdf5;
}

herr_t close(H5FD_t* handle) {
  delete reinterpret_cast<Handle*>(handle);
  return 0;
}

herr_t query(const H5FD_t*, unsigned long* flags) {
  *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_SUPPORTS_SWMR_IO;
  return 0;
}

haddr_t get_end(const H5FD_t* handle, H5FD_mem_t) { return file_of(handle).end(); }

herr_t set_end(H5FD_t* handle, H5FD_mem_t, haddr_t end) {
  file_of(handle).set_end(end);
  return 0;
}

haddr_t get_size(const H5FD_t* handle, H5FD_mem_t) { return file_of(handle).size(); }

/// For the stack of errors, which otherwise says only that the driver could not.
void tell_hdf5(int error_number) noexcept try {
  H5Epush2(H5E_DEFAULT, __FILE__, "pread", __LINE__, H5E_ERR_CLS, H5E_VFL, H5E_READERROR, "%s",
           std::generic_category().message(error_number).c_str());
} catch (const std::bad_alloc&) {
  return;
}

herr_t read(H5FD_t* handle, H5FD_mem_t, hid_t, haddr_t address, size_t count, void* bytes) {
  auto& file = file_of(handle);
  if (file.read(address, {static_cast<std::byte*>(bytes), count})) return 0;
  tell_hdf5(file.failure()->error_number);
  return -1;
}

herr_t write(H5FD_t* handle, H5FD_mem_t kind, hid_t, haddr_t address, size_t count, const void* bytes) {
  const std::span from(static_cast<const std::byte*>(bytes), count);
  if (kind == H5FD_MEM_DRAW) {
    file_of(handle).write_raw(address, from);
  } else {
    file_of(handle).write_metadata(address, from);
  }
  return 0;
}

// Metadata waits for our own commit, and the file keeps its reserve until it is closed.
herr_t flush(H5FD_t*, hid_t, hbool_t) { return 0; }
herr_t truncate(H5FD_t*, hid_t, hbool_t) { return 0; }

// No file is opened twice, so there is nothing to compare; HDF5 takes the rest for granted.
H5FD_class_t driver_class() {
  H5FD_class_t driver{};
#if H5_VERSION_GE(1, 13, 0)
  driver.version = H5FD_CLASS_VERSION;
  driver.value = static_cast<H5FD_class_value_t>(H5_VFD_RESERVED + 111);
#endif
  driver.name = "neurotape";
  driver.maxaddr = static_cast<haddr_t>(INT64_MAX);
  driver.fc_degree = H5F_CLOSE_WEAK;
  driver.fapl_size = sizeof(Info);
  driver.open = open;
  driver.close = close;
  driver.query = query;
  driver.get_eoa = get_end;
  driver.set_eoa = set_end;
  driver.get_eof = get_size;
  driver.read = read;
  driver.write = write;
  driver.flush = flush;
  driver.truncate = truncate;
  constexpr H5FD_mem_t kKinds[] = H5FD_FLMAP_DICHOTOMY;
  std::copy(std::begin(kKinds), std::end(kKinds), std::begin(driver.fl_map));
  return driver;
}

}  // namespace

herr_t use(hid_t file_access_properties, DriverFile& file) {
  static const H5FD_class_t driver = driver_class();
  static const hid_t id = H5FDregister(&driver);
  if (id < 0) return -1;
  const Info info{&file};
  return H5Pset_driver(file_access_properties, id, &info);
}

}  // namespace neurotape::driver
