#pragma once
/// \file
/// What is looked at before HDF5 is asked: it trusts the first bytes of a file more than they deserve.

#include "backends/driver/held_writes.hpp"
#include "loader/hdf5_call.hpp"

namespace neurotape::loader {

/// The file is a regular one, has HDF5's signature, a superblock of a known form whose checksum is right, and is as long
/// as that says.
/// \param over what is to be seen in place of the file's own bytes, which may be shorter then
/// \throws Error damaged
void check_superblock(int descriptor, const driver::HeldWrites& over, const Place& place);

}  // namespace neurotape::loader
