#include "fixture.hpp"

#include <algorithm>
#include <fstream>

namespace neurotape::testing {

void Hdf5Test::create_run() {
  backend_ = hdf5::create_run(parent_ / "runs", {.name = "cartpole", .dt = 0.1, .dt_unit = "ms"},
                              std::make_unique<PlainCodecs>());
  path_ = backend_->path();
}

void Hdf5Test::close_run() {
  backend_->close();
  backend_.reset();
}

std::vector<std::string> Hdf5Test::names_in(const std::filesystem::path& directory) const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> Hdf5Test::episode_files() const {
  auto names = names_in(path_ / "episodes");
  std::erase_if(names, [](const std::string& name) { return name.starts_with('.'); });
  return names;
}

void Hdf5Test::python(const std::string& script) const {
  if (!support::have_python()) GTEST_SKIP() << "no python3 with h5py and numpy";
  const auto file = parent_ / "check.py";
  std::ofstream(file) << "import sys\nsys.path.insert(0, '" << NEUROTAPE_SOURCE_DIR
                      << "/tests/unit/hdf5')\nsys.dont_write_bytecode = True\nfrom expected import *\n"
                      << script << "\n";
  const auto finished =
      support::run_command("cd '" + path_.string() + "' && '" NEUROTAPE_PYTHON "' '" + file.string() + "'");
  ASSERT_EQ(finished.status, 0) << finished.output << "\nin:\n" << script;
}

}  // namespace neurotape::testing
