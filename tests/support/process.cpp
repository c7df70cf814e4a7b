#include "tests/support/process.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <stdlib.h>
#include <sys/wait.h>

namespace neurotape::support {
namespace {

// As it was at the start: tests hide the filters from their own process.
const std::string kPluginPath = [] {
  const char* const set = std::getenv("HDF5_PLUGIN_PATH");
  return set != nullptr ? set : "/usr/lib/x86_64-linux-gnu/hdf5/serial/plugins";
}();

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "neurotape_test_XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Finished run_command(const std::string& command) {
  std::FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot start " + command);
  Finished finished;
  std::array<char, 65536> part;
  for (std::size_t bytes; (bytes = std::fread(part.data(), 1, part.size(), pipe)) > 0;)
    finished.output.append(part.data(), bytes);
  const int status = pclose(pipe);
  finished.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return finished;
}

std::string plugin_path() { return kPluginPath; }

std::string with_plugins(const std::string& path) { return "env -u LD_PRELOAD HDF5_PLUGIN_PATH='" + path + "' "; }

bool have_python() { return std::string(NEUROTAPE_PYTHON) != ""; }

Finished run_python(const std::string& script, const std::vector<std::string>& arguments, const std::string& plugins) {
  const auto path = std::filesystem::path(NEUROTAPE_SOURCE_DIR) / "tests" / script;
  std::string command = with_plugins(plugins) + "'" NEUROTAPE_PYTHON "' -B '" + path.string() + "'";
  for (const auto& argument : arguments) command += " '" + argument + "'";
  return run_command(command);
}

}  // namespace neurotape::support
