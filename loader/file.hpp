#pragma once
/// \file
/// An HDF5 file opened for reading.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/driver/held_writes.hpp"
#include "loader/hdf5_call.hpp"
#include "loader/prober.hpp"
#include "loader/watch.hpp"

namespace neurotape::loader {

/// Thread safety: any thread may call anything; handles are used under the `Hdf5Lock`.
class File {
 public:
  /// \param prober opens it first; null: the file is trusted
  /// \param object path of the episode that is all that will be read of it; empty: something else
  /// \throws Error not_found, io, damaged (it is not an HDF5 file), unsupported (no process can be had to probe it)
  static std::shared_ptr<const File> open(const std::filesystem::path& path, std::shared_ptr<Prober> prober = nullptr,
                                          const std::string& object = {});
  /// The same from a descriptor, which is the file's from now on.
  static std::shared_ptr<const File> open(int descriptor, const std::filesystem::path& path,
                                          std::shared_ptr<Prober> prober, const std::string& object);
  /// The file as it is now, also where it has lost its name meanwhile.
  std::shared_ptr<const File> again() const;
  ~File();
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }
  Place place() const { return {.file = path_.string()}; }
  hid_t id() const noexcept { return file_.get(); }
  const std::shared_ptr<Prober>& prober() const noexcept { return prober_; }
  /// What it was before anything was read of it.
  const Stamp& opened() const noexcept { return opened_; }

  /// Before an episode is read from it. Without the `Hdf5Lock`. \throws Error damaged
  void probe(const std::string& object) const;

  /// Reads raw bytes, off HDF5's lock.
  /// \throws Error io, damaged (the file ends before); without a place, which the caller knows better
  void read_bytes(std::uint64_t offset, std::span<std::byte> out) const;
  /// Before memory is taken for what is said to be in the file.
  /// \throws Error damaged when the file is smaller
  void check_size(std::uint64_t bytes) const;

 private:
  File(int descriptor, std::filesystem::path path, std::shared_ptr<Prober> prober);

  std::filesystem::path path_;
  std::shared_ptr<Prober> prober_;
  Stamp opened_;
  int descriptor_ = -1;
  driver::HeldWrites cut_off_;  // of the commit that the recorder did not end
  Handle file_;
};

/// A reader can meet a commit half done. `for (Retry retry;;) try { ... } catch (const Error& error) { if
/// (!retry.again(error, opened)) throw; }` tries again, a few times and ever more slowly, as long as the file is being
/// written, or has changed since it was opened. To be used without the `Hdf5Lock`.
class Retry {
 public:
  bool again(const Error& error, const Stamp& opened);

 private:
  int attempts_ = 0;
};

enum class LinkKind { none, group, dataset, other };

/// What is at a path below `location`. Follows hard links only: others could lead out of the file.
LinkKind kind_of(hid_t location, const std::string& path, const Place& place);
/// Names in a group, ascending.
std::vector<std::string> names_in(hid_t location, const std::string& path, const Place& place);
Handle open_group(hid_t location, const std::string& path, const Place& place);

}  // namespace neurotape::loader
