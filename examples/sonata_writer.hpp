#pragma once
/// \file
/// Writes SONATA files as libsonata and bmtk expect them.

#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "hdf5_file.hpp"
#include "sonata.hpp"

namespace sonata {

inline h5::Id create_file(const std::filesystem::path& path) {
  h5::Id file = h5::create(path);
  const std::uint32_t magic = 0x0A7A;
  const std::array<std::uint32_t, 2> version = {0, 1};
  h5::write_attribute(file, "magic", H5T_NATIVE_UINT32, {}, &magic);
  h5::write_attribute(file, "version", H5T_NATIVE_UINT32, {2}, version.data());
  return file;
}

/// The attribute `sorting`: an enum, which libsonata reads by name.
inline void write_sorting(hid_t population, std::uint8_t value) {
  const h5::Id type(H5Tenum_create(H5T_STD_U8LE), "sorting");
  for (std::uint8_t i = 0; const char* name : {"none", "by_id", "by_time"}) {
    h5::check(H5Tenum_insert(type, name, &i), "sorting");
    ++i;
  }
  h5::write_attribute(population, "sorting", type, {}, &value);
}

/// Spikes must come by time.
inline void write(const std::filesystem::path& path, const Spikes& spikes) {
  const h5::Id file = create_file(path), root = h5::make_group(file, "spikes");
  const h5::Id population = h5::make_group(root, spikes.population);
  write_sorting(population, 2);
  h5::write(population, "node_ids", spikes.node_ids, {spikes.node_ids.size()});
  h5::write_text(h5::write(population, "timestamps", spikes.timestamps, {spikes.timestamps.size()}), "units",
                 spikes.time_unit);
}

/// One element for each node.
inline void write(const std::filesystem::path& path, const Report& report) {
  const h5::Id file = create_file(path), root = h5::make_group(file, "report");
  const h5::Id population = h5::make_group(root, report.population);
  const auto write_data = [&](const auto& values) {
    return h5::write(population, "data", values, {report.rows, report.columns});
  };
  h5::write_text(std::visit(write_data, report.values), "units", report.unit);

  const h5::Id mapping = h5::make_group(population, "mapping");
  const hsize_t columns = report.columns;
  h5::write(mapping, "node_ids", report.node_ids, {columns});
  std::vector<std::uint64_t> pointers(report.columns + 1);
  for (std::size_t i = 0; i < pointers.size(); ++i) pointers[i] = i;
  h5::write(mapping, "index_pointers", pointers, {columns + 1});
  const std::vector<std::uint32_t> elements(report.element_ids.begin(), report.element_ids.end());
  h5::write(mapping, "element_ids", elements, {columns});
  const std::vector<double> time = {report.start, report.start + report.dt * static_cast<double>(report.rows),
                                    report.dt};
  h5::write_text(h5::write(mapping, "time", time, {3}), "units", report.time_unit);
}

/// Three neurons for 20 ms, whose values exercise every bit.
inline std::vector<std::filesystem::path> write_small_network(const std::filesystem::path& output) {
  std::filesystem::create_directories(output);
  std::vector<std::filesystem::path> paths = {output / "small_spikes.h5", output / "small_membrane_potential.h5"};
  write(paths[0], Spikes{"small", "ms", {2, 0, 1, 0, 2}, {0.05, 3.3, 3.3000000000000003, 3.39, 19.9}});
  constexpr std::size_t kRows = 200, kColumns = 3;
  std::vector<float> v(kRows * kColumns);
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = -65.0f + std::sin(0.1f * static_cast<float>(i)) / 3;
  v[100] = -0.0f;
  v[101] = std::numeric_limits<float>::quiet_NaN();
  write(paths[1], Report{"small", "mV", "v", "ms", 0.0, 0.1, kRows, kColumns, v, {0, 1, 2}, {0, 0, 0}});
  return paths;
}

}  // namespace sonata
