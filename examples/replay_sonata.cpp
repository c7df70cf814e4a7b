// Records what another simulator wrote: spikes and membrane potentials of SONATA files become an episode, with
// exact spike times, units and dt. Then compares what is loaded with what was read, bit for bit.
//
//   replay_sonata [FILE.h5]... [output directory]      these files as one episode; none: a small network of its own
//   replay_sonata --all DIRECTORY [output directory]   each file below the directory that is SONATA; with
//                 --at-least N it fails unless N of them are

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "arguments.hpp"
#include "neurotape/neurotape.hpp"
#include "sonata.hpp"
#include "sonata_writer.hpp"

namespace {

/// \param spikes by timestep
void record(neurotape::Episode& episode, const sonata::Spikes& spikes, double dt) {
  auto stream = episode.spikes<std::uint64_t>(spikes.population, {.times = true});
  const std::span<const std::uint64_t> ids = spikes.node_ids;
  const std::span<const double> times = spikes.timestamps;
  for (std::size_t first = 0, count = 0; first < ids.size(); first += count) {
    const std::int64_t t = sonata::timestep_of(times[first], dt);
    for (count = 1; first + count < ids.size() && sonata::timestep_of(times[first + count], dt) == t;) ++count;
    stream.record(t, ids.subspan(first, count), times.subspan(first, count));
  }
}

void record(neurotape::Episode& episode, const sonata::Report& report) {
  const auto record_rows = [&](const auto& values) {
    using T = typename std::decay_t<decltype(values)>::value_type;
    auto stream = episode.neural_state<T>(report.population, {report.columns}, {.unit = report.unit});
    const std::int64_t first = std::llround(report.start / report.dt);
    for (std::size_t row = 0; row < report.rows; ++row) {
      stream.record(first + static_cast<std::int64_t>(row), &values[row * report.columns]);
    }
  };
  std::visit(record_rows, report.values);
}

/// Equal to the last bit: NaNs are equal to themselves, and 0.0 is not -0.0.
template <class A, class B>
bool same_bits(const A& a, const B& b) {
  return std::ranges::equal(a, b, [](auto x, auto y) {
    using Bits = std::array<std::byte, sizeof(x)>;
    static_assert(sizeof(x) == sizeof(y));
    return std::bit_cast<Bits>(x) == std::bit_cast<Bits>(y);
  });
}

bool is_recorded(const neurotape::EpisodeReader& episode, const sonata::Spikes& spikes, double dt) {
  const auto loaded = episode.spikes(spikes.population).all();
  bool same = same_bits(loaded.neuron_ids, spikes.node_ids) && same_bits(loaded.times, spikes.timestamps);
  for (std::size_t i = 0; same && i < loaded.size(); ++i) {
    same = loaded.timesteps[i] == sonata::timestep_of(spikes.timestamps[i], dt);
  }
  std::printf("    %zu spikes of %s: %s\n", spikes.node_ids.size(), spikes.population.c_str(),
              same ? "the same to the last bit" : "NOT THE SAME");
  return same;
}

bool is_recorded(const neurotape::EpisodeReader& episode, const sonata::Report& report) {
  const auto compare = [&](const auto& values) {
    using T = typename std::decay_t<decltype(values)>::value_type;
    const auto stream = episode.neural_state<T>(report.population);
    const auto loaded = stream.all();
    bool same = same_bits(loaded.values, values) && stream.unit() == report.unit && loaded.size() == report.rows;
    for (std::size_t i = 0; same && i < loaded.size(); ++i) {
      same = loaded.timesteps[i] == std::llround(report.start / report.dt) + static_cast<std::int64_t>(i);
    }
    std::printf("    %zu x %zu float%zu of %s: %s\n", report.rows, report.columns, 8 * sizeof(T),
                report.population.c_str(), same ? "the same to the last bit" : "NOT THE SAME");
    return same;
  };
  return std::visit(compare, report.values);
}

/// Of which neuron and which of its elements the columns of all reports are, one report after the other.
struct Columns {
  std::vector<std::uint64_t> reports, node_ids, element_ids;
};

Columns columns_of(const sonata::File& file) {
  Columns columns;
  for (std::size_t i = 0; i < file.reports.size(); ++i) {
    const auto& report = file.reports[i];
    columns.reports.insert(columns.reports.end(), report.columns, i);
    std::ranges::copy(report.node_ids, std::back_inserter(columns.node_ids));
    std::ranges::copy(report.element_ids, std::back_inserter(columns.element_ids));
  }
  return columns;
}

bool is_recorded(const neurotape::Run& run, const Columns& columns) {
  const auto loaded = run.neurons();
  const bool same = loaded.column<std::uint64_t>("reports") == columns.reports &&
                    loaded.column<std::uint64_t>("node_ids") == columns.node_ids &&
                    loaded.column<std::uint64_t>("element_ids") == columns.element_ids;
  std::printf("    what the %zu columns are: %s\n", columns.reports.size(), same ? "the same" : "NOT THE SAME");
  return same;
}

sonata::File read_all(const std::vector<std::filesystem::path>& paths) {
  sonata::File all;
  for (const auto& path : paths) {
    sonata::File file = sonata::read(path);
    std::ranges::move(file.spikes, std::back_inserter(all.spikes));
    std::ranges::move(file.reports, std::back_inserter(all.reports));
  }
  for (const auto& report : all.reports) {
    sonata::require(report.dt == all.reports.front().dt, "the reports of an episode must have the same dt");
    sonata::require(report.time_unit == all.reports.front().time_unit, "the times of an episode must have one unit");
  }
  for (const auto& spikes : all.spikes) {
    const auto& unit = all.reports.empty() ? all.spikes.front().time_unit : all.reports.front().time_unit;
    sonata::require(spikes.time_unit == unit, "the times of an episode must have one unit");
  }
  return all;
}

void record(neurotape::Experiment& experiment, const std::string& name, const sonata::File& file, double dt) {
  if (!file.reports.empty()) {
    const auto columns = columns_of(file);
    experiment.save_neurons(
        {{"reports", columns.reports}, {"node_ids", columns.node_ids}, {"element_ids", columns.element_ids}});
  }
  auto episode = experiment.start_episode({.name = name});
  for (const auto& spikes : file.spikes) record(episode, spikes, dt);
  for (const auto& report : file.reports) record(episode, report);
  episode.finish();
}

/// Records all of it as one episode. Returns whether everything is in the recording.
bool replay(sonata::File file, const std::string& name, const std::filesystem::path& output) {
  // Spike files do not say what dt was. A wrong guess does no harm: the exact times are kept.
  const double dt = file.reports.empty() ? 0.1 : file.reports.front().dt;
  const std::string dt_unit = file.reports.empty() ? file.spikes.front().time_unit : file.reports.front().time_unit;
  for (auto& spikes : file.spikes) spikes = sonata::by_timestep(spikes, dt);

  auto experiment = neurotape::Experiment::create(output, "replay_sonata", {.dt = dt, .dt_unit = dt_unit});
  record(experiment, name, file, dt);
  experiment.close();
  std::printf("%s\n    recorded in %s, dt = %g %s\n", name.c_str(), experiment.path().c_str(), dt, dt_unit.c_str());

  const neurotape::Run run(experiment.path());
  const auto recorded = run.episode(0);
  bool same = recorded.dt() == dt && recorded.dt_unit() == dt_unit;
  if (!file.reports.empty()) same = is_recorded(run, columns_of(file)) && same;
  for (const auto& spikes : file.spikes) same = is_recorded(recorded, spikes, dt) && same;
  for (const auto& report : file.reports) same = is_recorded(recorded, report) && same;
  return same;
}

/// Each file below a directory. Those that are no SONATA are named, but only a wrong recording is a failure.
bool replay_below(const std::filesystem::path& directory, const std::filesystem::path& output, std::size_t at_least) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.path().extension() == ".h5" || entry.path().extension() == ".nwb") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  std::size_t replayed = 0, wrong = 0;
  for (const auto& path : paths) {
    const std::string name = path.lexically_relative(directory).string();
    sonata::File file;
    try {
      file = read_all({path});
    } catch (const std::runtime_error& error) {
      std::printf("%s\n    refused: %s\n", name.c_str(), error.what());
      continue;
    }
    ++replayed;
    wrong += replay(std::move(file), name, output) ? 0 : 1;
  }
  std::printf("%zu of %zu files replayed, %zu of them wrong\n", replayed, paths.size(), wrong);
  return replayed >= at_least && wrong == 0;
}

int run(const Arguments& arguments) {
  const auto output = arguments.output();
  if (const auto& directory = arguments.text("--all"); !directory.empty())
    return replay_below(directory, output, static_cast<std::size_t>(arguments.number("--at-least"))) ? 0 : 1;
  const auto paths = arguments.files().empty() ? sonata::write_small_network(output) : arguments.files();
  return replay(read_all(paths), paths.front().filename().string(), output) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  return run(Arguments(argc, argv, "[FILE.h5]... [DIR], or --all DATA_DIR [--at-least N] [DIR]",
                       {{"--all", ""}, {"--at-least", "1"}}));
} catch (const std::exception& error) {
  std::fprintf(stderr, "replay_sonata: %s\n", error.what());
  return 2;
}
