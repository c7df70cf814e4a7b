#pragma once
/// \file
/// Reads the SONATA files of the example replay_sonata.cpp. The format:
/// https://github.com/AllenInstitute/sonata/blob/master/docs/SONATA_DEVELOPER_GUIDE.md

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <numeric>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "hdf5_file.hpp"

namespace sonata {

/// Spikes of a population, in the order of the file.
struct Spikes {
  std::string population;
  std::string time_unit;  ///< as the file says; "ms" where it says nothing
  std::vector<std::uint64_t> node_ids;
  std::vector<double> timestamps;
};

/// A report of a population: one row a timestep, one column for each recorded element of a cell.
struct Report {
  std::string population;
  std::string unit;      ///< of the values; empty where the file says nothing
  std::string variable;  ///< their name in the simulator, such as "v"
  std::string time_unit;
  double start = 0, dt = 0;
  std::size_t rows = 0, columns = 0;
  std::variant<std::vector<float>, std::vector<double>> values = {};  ///< rows x columns, in the precision of the file
  std::vector<std::uint64_t> node_ids = {}, element_ids = {};  ///< of each column; an element: a section, a synapse
};

struct File {
  std::vector<Spikes> spikes;
  std::vector<Report> reports;
};

inline void require(bool condition, const std::string& otherwise) {
  if (!condition) throw std::runtime_error(otherwise);
}

inline std::string time_unit(hid_t object) {
  const std::string unit = h5::text(object, "units");
  return unit.empty() ? "ms" : unit;
}

inline Spikes read_spikes(hid_t group, const std::string& population, const std::string& ids) {
  Spikes spikes{population, time_unit(h5::open(group, "timestamps")), h5::read<std::uint64_t>(group, ids),
                h5::read<double>(group, "timestamps")};
  require(spikes.node_ids.size() == spikes.timestamps.size(), population + " has not as many ids as spike times");
  require(std::ranges::all_of(spikes.timestamps, [](double time) { return std::isfinite(time); }),
          population + " has a spike at no finite time");
  return spikes;
}

/// The node of each column: node i has the columns from pointer i to pointer i + 1.
inline std::vector<std::uint64_t> nodes_of_columns(hid_t mapping, std::size_t columns) {
  const auto nodes = h5::read<std::uint64_t>(mapping, h5::has(mapping, "node_ids") ? "node_ids" : "gids");
  const bool plural = h5::has(mapping, "index_pointers");
  auto first = h5::read<std::uint64_t>(mapping, plural ? "index_pointers" : "index_pointer");
  if (first.size() == nodes.size()) first.push_back(columns);  // old files leave the end out
  require(first.size() == nodes.size() + 1 && first.back() == columns && std::ranges::is_sorted(first),
          "the mapping does not fit the columns");
  std::vector<std::uint64_t> node_of(columns);
  for (std::size_t i = 0; i < nodes.size(); ++i) std::fill(&node_of[first[i]], &node_of[0] + first[i + 1], nodes[i]);
  return node_of;
}

inline Report read_report(hid_t group, const std::string& population) {
  const h5::Id data(H5Dopen2(group, "data", H5P_DEFAULT), population + "/data"), mapping = h5::open(group, "mapping");
  const auto shape = h5::shape(data);
  require(shape.size() == 2, population + " is no report of a population: it has not two dimensions");
  require(h5::has(mapping, "time"), population + " has no mapping/time, so its dt is not known");
  const auto time = h5::read<double>(mapping, "time");
  require(time.size() == 3 && time[2] > 0, population + " has an impossible mapping/time");

  Report report{population,
                h5::text(data, "units"),
                h5::text(data, "variable"),
                time_unit(h5::open(mapping, "time")),
                time[0],
                time[2],
                shape[0],
                shape[1]};
  const h5::Id type(H5Dget_type(data), population);
  require(H5Tget_class(type) == H5T_FLOAT, population + " has values that are no floating-point numbers");
  if (H5Tget_size(type) == sizeof(float)) {
    report.values = h5::read<float>(group, "data");
  } else {
    report.values = h5::read<double>(group, "data");
  }
  report.node_ids = nodes_of_columns(mapping, report.columns);
  report.element_ids = h5::read<std::uint64_t>(mapping, h5::has(mapping, "element_ids") ? "element_ids" : "element_id");
  require(report.element_ids.size() == report.columns, population + " has not an element id for each column");
  return report;
}

/// Reads all of a file. Knows two old layouts too: `/spikes/{gids,timestamps}`, and reports without `/report`.
/// \throws std::runtime_error what the file lacks
inline File read(const std::filesystem::path& path) {
  const h5::Id file = h5::open_to_read(path);
  File result;
  if (h5::has(file, "spikes")) {
    const h5::Id spikes = h5::open(file, "spikes");
    if (h5::has(spikes, "gids")) {
      result.spikes.push_back(read_spikes(spikes, "default", "gids"));
    } else {
      for (const auto& name : h5::names_in(spikes)) {
        result.spikes.push_back(read_spikes(h5::open(spikes, name), name, "node_ids"));
      }
    }
  }
  if (h5::has(file, "report")) {
    const h5::Id reports = h5::open(file, "report");
    for (const auto& name : h5::names_in(reports)) {
      result.reports.push_back(read_report(h5::open(reports, name), name));
    }
  } else if (h5::has(file, "data") && h5::has(file, "mapping")) {
    result.reports.push_back(read_report(file, "default"));
  }
  require(!result.spikes.empty() || !result.reports.empty(), "neither /spikes, nor /report, nor data with a mapping");
  return result;
}

inline std::int64_t timestep_of(double time, double dt) { return static_cast<std::int64_t>(std::floor(time / dt)); }

/// Recording goes forward in time, files need not: some list the spikes of one neuron after the other.
inline Spikes by_timestep(const Spikes& spikes, double dt) {
  std::vector<std::size_t> order(spikes.node_ids.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return timestep_of(spikes.timestamps[i], dt); });
  Spikes sorted{spikes.population, spikes.time_unit, {}, {}};
  for (const std::size_t i : order) {
    sorted.node_ids.push_back(spikes.node_ids[i]);
    sorted.timestamps.push_back(spikes.timestamps[i]);
  }
  return sorted;
}

}  // namespace sonata
