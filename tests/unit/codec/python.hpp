#pragma once
/// \file
/// Runs a script of this folder with the independent reader, a python3 that has h5py.

#include <array>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <sys/wait.h>

namespace neurotape::codec {

inline bool have_python() { return std::string(NEUROTAPE_PYTHON) != ""; }

/// A directory of its own, removed at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "neurotape_codec_XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::filesystem::path operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

struct Finished {
  int status = -1;     ///< exit code
  std::string output;  ///< of both streams
};

/// Where Debian puts the plug-ins; empty for a run without any.
inline std::string plugin_path() {
  const char* set = std::getenv("HDF5_PLUGIN_PATH");
  return set != nullptr ? set : "/usr/lib/x86_64-linux-gnu/hdf5/serial/plugins";
}

inline Finished run_python(const char* script, const std::filesystem::path& file, const std::string& plugins) {
  // A sanitizer's runtime is the test's, not the interpreter's.
  const std::string command = "env -u LD_PRELOAD HDF5_PLUGIN_PATH='" + plugins +
                              "' '" NEUROTAPE_PYTHON "' '" NEUROTAPE_SOURCE_DIR "/tests/unit/codec/" + script + "' '" +
                              file.string() + "' 2>&1";
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot start " + command);
  Finished finished;
  std::array<char, 4096> part;
  for (std::size_t bytes; (bytes = std::fread(part.data(), 1, part.size(), pipe)) > 0;)
    finished.output.append(part.data(), bytes);
  const int status = pclose(pipe);
  finished.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return finished;
}

}  // namespace neurotape::codec
