#pragma once
/// \file
/// Keeps the number of open HDF5 files small: each costs libhdf5 about half a megabyte.

#include <cstddef>
#include <list>
#include <vector>

#include "backends/driver/driver_file.hpp"

namespace neurotape::hdf5 {

/// A file that can be closed at any time and opens itself again when it is needed.
class PooledFile {
 public:
  /// What goes wrong is kept for whoever uses the file next.
  virtual void release_file() noexcept = 0;
  /// What is to be committed, if the file is part of the commit that is being made; else nullptr.
  virtual driver::DriverFile* committing() = 0;

 protected:
  ~PooledFile() = default;
};

/// Threads: one at a time.
class FilePool {
 public:
  explicit FilePool(std::size_t limit) : limit_(limit) {}

  /// Call before opening `file` and at each use: closes the one that was used least recently when there are too many.
  void use(PooledFile& file) {
    if (!open_.empty() && open_.front() == &file) return;
    open_.remove(&file);
    while (open_.size() >= limit_) {
      auto* oldest = open_.back();
      open_.pop_back();
      oldest->release_file();
    }
    open_.push_front(&file);
  }
  void forget(PooledFile& file) noexcept { open_.remove(&file); }
  /// The open files that are part of the commit.
  std::vector<driver::DriverFile*> committing() const {
    std::vector<driver::DriverFile*> files;
    for (auto* const file : open_)
      if (auto* const waiting = file->committing()) files.push_back(waiting);
    return files;
  }

 private:
  std::size_t limit_;
  std::list<PooledFile*> open_;  // used last comes first
};

}  // namespace neurotape::hdf5
