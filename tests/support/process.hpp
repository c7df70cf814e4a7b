#pragma once
/// \file
/// Directories that go away again, and other programs to judge what is in them.

#include <filesystem>
#include <string>
#include <vector>

namespace neurotape::support {

/// A directory of its own, removed at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();
  const std::filesystem::path& path() const noexcept { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

struct Finished {
  int status = -1;     ///< exit status; -1: ended by a signal
  std::string output;  ///< of both streams
};

/// Runs a line of shell and waits for it. \throws std::runtime_error where it cannot be started.
Finished run_command(const std::string& command);

/// Where Debian puts the filters of HDF5, or what HDF5_PLUGIN_PATH says.
std::string plugin_path();

/// For the beginning of a command line: what other HDF5 programs need to find the filters. A sanitizer's runtime is the
/// test's, not theirs.
std::string with_plugins(const std::string& path = plugin_path());

/// Whether there is the independent reader: a python3 with h5py and numpy.
bool have_python();

/// \param script relative to tests/, or absolute
Finished run_python(const std::string& script, const std::vector<std::string>& arguments = {},
                    const std::string& plugins = plugin_path());

}  // namespace neurotape::support
