#pragma once
/// \file
/// An HDF5 file driver that only reads, from a file descriptor of ours.
///
/// Why not HDF5's own: it takes no lock, so that no reader can ever stand in a writer's way; a file opened again is
/// read anew, where HDF5 would share what it remembers of a file that has grown since; and it tells where
/// a chunk lies, so that its bytes can be read and decoded off HDF5's lock.

#include <cstdint>
#include <hdf5.h>

#include "backends/driver/held_writes.hpp"
#include "loader/hdf5_call.hpp"

namespace neurotape::loader {

/// A file access list with this driver, for `H5Fopen`. HDF5 keeps a duplicate of the descriptor.
/// \param over what is to be seen in place of the file's own metadata; outlives HDF5's use of the file. nullptr: nothing
Handle file_access(int descriptor, const driver::HeldWrites* over, const Place& place);

/// Where a piece of raw data lies in the file.
struct Extent {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  bool known = false;
};

/// While it lives, reads of raw data by HDF5 on this thread read nothing: they only say where they would.
/// The caller holds the `Hdf5Lock`.
class LocateOnly {
 public:
  explicit LocateOnly(Extent& found);
  ~LocateOnly();
  LocateOnly(const LocateOnly&) = delete;
  LocateOnly& operator=(const LocateOnly&) = delete;
};

inline constexpr int kEndOfFile = -1;

/// Reads exactly so many bytes. \returns 0, an errno, or kEndOfFile. Any thread.
int read_at(int descriptor, std::uint64_t offset, void* buffer, std::size_t bytes) noexcept;

}  // namespace neurotape::loader
