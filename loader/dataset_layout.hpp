#pragma once
/// \file
/// What a dataset says of itself, checked: nothing here is to be trusted.

#include <hdf5.h>

#include "loader/dataset.hpp"

namespace neurotape::loader {

/// \throws Error damaged (sizes that cannot be), unsupported (data that lies in other files), io
DatasetLayout read_layout(hid_t dataset, const Place& place);

}  // namespace neurotape::loader
