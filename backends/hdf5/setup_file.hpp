#pragma once
/// \file
/// `setup.h5`: configuration, provenance, network structure.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "backends/hdf5/attributes.hpp"
#include "backends/hdf5/file_access.hpp"
#include "neurotape/array.hpp"
#include "recorder/backend.hpp"

namespace neurotape::hdf5 {

/// The attributes at the root of `setup.h5` and of the index.
struct Setup {
  std::string experiment_name;
  std::string created;
  std::string neurotape_version;
  std::string host;
  std::string command_line;
  std::string git_commit;
  double dt = 0;
  std::string dt_unit;
};

Setup make_setup(const RunInfo& info, WallTime now);
void write_setup_attributes(Library& library, hid_t root, const Setup& setup);

/// Each change writes the whole file anew beside the old one and takes its place.
class SetupFile {
 public:
  /// A new file.
  SetupFile(Library& library, std::filesystem::path path, Setup setup);
  /// The one that is there. \throws Error io, damaged
  SetupFile(Library& library, std::filesystem::path path);

  void save_config(const nlohmann::json& config);
  /// \param table "neurons" or "connections"
  void save_network(std::string_view table, std::span<const NamedArray> columns);

  const Setup& setup() const noexcept { return setup_; }
  /// The configuration as JSON text; empty when there is none, or more than an episode's file should carry.
  const std::string& config_text() const noexcept { return config_text_; }

 private:
  void set_config_text(const nlohmann::json& config);
  template <class Write>
  void replace(std::string_view left_out, const Write& write);

  Library& library_;
  std::filesystem::path path_;
  Setup setup_;
  std::string config_text_;
};

}  // namespace neurotape::hdf5
