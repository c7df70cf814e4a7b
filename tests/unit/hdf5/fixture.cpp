#include "fixture.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <unistd.h>

namespace neurotape::testing {

void Hdf5Test::SetUp() {
  std::string name = (std::filesystem::temp_directory_path() / "neurotape_hdf5_XXXXXX").string();
  ASSERT_NE(::mkdtemp(name.data()), nullptr);
  parent_ = name;
}

void Hdf5Test::TearDown() {
  backend_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(parent_, ignored);
}

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
  if (std::string(NEUROTAPE_PYTHON).empty()) GTEST_SKIP() << "no python3 with h5py and numpy";
  const auto file = parent_ / "check.py";
  std::ofstream(file) << "import sys\nsys.path.insert(0, '" << NEUROTAPE_SOURCE_DIR
                      << "/tests/unit/hdf5')\nsys.dont_write_bytecode = True\nfrom expected import *\n"
                      << script << "\n";
  const auto command = "cd '" + path_.string() + "' && '" NEUROTAPE_PYTHON "' '" + file.string() + "' 2>&1";
  auto* pipe = ::popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string output;
  std::array<char, 4096> buffer{};
  while (const auto got = std::fread(buffer.data(), 1, buffer.size(), pipe)) output.append(buffer.data(), got);
  ASSERT_EQ(::pclose(pipe), 0) << output << "\nin:\n" << script;
}

}  // namespace neurotape::testing
