#pragma once
/// \file
/// Our file driver for HDF5 (a "virtual file driver"), made with nothing but HDF5's public driver interface.

#include <hdf5.h>

#include "backends/driver/driver_file.hpp"

namespace neurotape::driver {

/// Makes H5Fcreate and H5Fopen with this file access property list use `file`, whatever name they are given. The file
/// outlives HDF5's use of it; when H5Fclose returns, call `file.finish()`.
/// \returns negative for a failure, as HDF5's calls do
herr_t use(hid_t file_access_properties, DriverFile& file);

}  // namespace neurotape::driver
