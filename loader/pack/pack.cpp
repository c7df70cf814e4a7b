#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <set>

#include "loader/format.hpp"
#include "loader/pack/run_writer.hpp"
#include "neurotape/maintenance.hpp"
#include "neurotape/run.hpp"

namespace neurotape {
namespace {

namespace fs = std::filesystem;
using detail::EpisodeFile;
using detail::RunCatalog;

/// \throws Error invalid_argument: more may come
std::shared_ptr<const EpisodeFile> open_ended(const RunCatalog& run, std::uint64_t number) {
  auto episode = run.open(number);
  if (episode->live)
    throw Error(ErrorCode::invalid_argument, "it is being recorded: copy it when it has ended, or only other episodes",
                loader::context_of(episode->place()));
  return episode;
}

/// What cannot be read is not left out without a word.
/// \throws Error what the list of the episodes met
void require_all_listed(const RunCatalog& run) {
  if (const auto problems = run.problems(); !problems.empty()) throw problems.front();
}

std::uint64_t bytes_of(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return fs::file_size(path);
  std::uint64_t bytes = 0;
  for (const auto& name : {"setup.h5", "experiment_data.h5"}) {
    const auto size = fs::file_size(path / name, error);
    if (!error) bytes += size;
  }
  for (const auto& entry : fs::directory_iterator(path / "episodes", error))
    if (entry.is_regular_file(error) && !error) bytes += entry.file_size();
  return bytes;
}

/// Attention maps, tables, checkpoints, ...: what a run has beside its episodes is not copied.
void note_other_files(const fs::path& run, std::vector<std::string>& notes) {
  std::error_code error;
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(run, error)) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with('.') && name != "setup.h5" && name != "experiment_data.h5" && name != "episodes")
      names.insert(name);
  }
  if (!names.empty())
    notes.push_back(fmt::format("not copied from {}: {}", run.filename().string(), fmt::join(names, ", ")));
}

bool same_table(const NetworkTable& a, const NetworkTable& b) {
  if (a.names() != b.names() || a.rows() != b.rows()) return false;
  return std::all_of(a.columns().begin(), a.columns().end(), [&](const StreamColumn& column) {
    const auto other = std::find_if(b.columns().begin(), b.columns().end(),
                                    [&](const StreamColumn& one) { return one.name == column.name; });
    return other->dtype == column.dtype && visit_dtype(column.dtype, [&]<class T>(T) {
             const auto of_a = a.column<T>(column.name), of_b = b.column<T>(column.name);
             return of_a.size() == of_b.size() && std::memcmp(of_a.data(), of_b.data(), of_a.size() * sizeof(T)) == 0;
           });
  });
}

bool same_network(const fs::path& a, const fs::path& b, const RunOptions& how) {
  const Run of_a(a, how), of_b(b, how);
  return same_table(of_a.neurons(), of_b.neurons()) && same_table(of_a.connections(), of_b.connections());
}

/// Where an episode comes from, as far as the run that it comes into does not say so.
nlohmann::json provenance(const RunCatalog& from, std::uint64_t number, const nlohmann::json& config,
                          bool same_network) {
  nlohmann::json source{{"run", from.path.filename().string()}, {"episode", number}};
  for (const char* key : {"created", "git_commit", "host", "command_line"})
    if (from.attributes.contains(key)) source[key] = from.attributes[key];
  if (from.config != config) source["config"] = from.config;
  if (!same_network) source["network"] = "another one";
  return {{"merged_from", source}};
}

}  // namespace

CopyReport pack(const fs::path& run, const fs::path& file, const PackOptions& options) {
  const RunCatalog catalog(run, {options.trust, options.prober});
  io::Beside beside(file);
  if (options.episodes.empty()) require_all_listed(catalog);
  const auto numbers = options.episodes.empty() ? catalog.numbers() : options.episodes;
  {
    hdf5::Library library;
    loader::Copier copier(library, {options.codec, options.layout, options.by_neuron});
    auto target = hdf5::File::create(beside.path(), hdf5::Root::small, hdf5::File::Mode::direct, library.company());
    const auto setup = catalog.setup();
    if (!setup) throw Error(ErrorCode::not_found, "the run has no setup.h5", {.path = run.string()});
    copier.copy_setup(*setup, catalog.config, target.id());
    {
      // Thousands of links: in indexed storage, as HDF5 does it when it is not told otherwise.
      const loader::Hdf5Lock lock;
      hdf5::create_group(target.id(), "episodes", library.link_creation(), H5P_DEFAULT);
    }
    for (const auto number : numbers) {
      const auto episode = open_ended(catalog, number);
      const loader::Hdf5Lock lock;
      const auto episodes = hdf5::open_group(target.id(), "episodes");
      const auto group = hdf5::create_group(episodes.get(), loader::episode_id(number), library.link_creation(),
                                            library.group_creation());
      copier.copy_episode(*episode, group.get(), number, nlohmann::json::object());
      target.check();
    }
    const loader::Hdf5Lock lock;
    target.close(true);
  }
  beside.publish();
  CopyReport report{
      .path = file, .episodes = numbers.size(), .bytes_before = bytes_of(run), .bytes_after = bytes_of(file)};
  note_other_files(run, report.notes);
  return report;
}

CopyReport merge(const std::vector<fs::path>& runs, const fs::path& to, const MergeOptions& options) {
  if (runs.empty()) throw Error(ErrorCode::invalid_argument, "there are no runs to merge");
  loader::RunWriter writer(to);
  CopyReport report{.path = to, .episodes = 0, .bytes_before = 0, .bytes_after = 0};
  std::string name;
  nlohmann::json config;
  for (const auto& run : runs) {
    const RunCatalog catalog(run, {options.trust, options.prober});
    require_all_listed(catalog);
    if (&run == &runs.front()) {
      writer.copy_setup(catalog);
      name = catalog.name;
      config = catalog.config;
    } else if (catalog.name != name) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("'{}' and '{}' are runs of different experiments", name, catalog.name),
                  {.path = run.string()});
    }
    const bool alone = runs.size() == 1;
    const bool same = alone || same_network(runs.front(), run, {options.trust, options.prober});
    if (!same) report.notes.push_back("the network of " + run.filename().string() + " differs, and was left out");
    note_other_files(run, report.notes);
    for (const auto number : catalog.numbers()) {
      writer.add(*open_ended(catalog, number), alone ? number : report.episodes,
                 alone ? nlohmann::json::object() : provenance(catalog, number, config, same));
      ++report.episodes;
    }
    report.bytes_before += bytes_of(run);
  }
  writer.publish();
  report.bytes_after = bytes_of(to);
  return report;
}

CopyReport unpack(const fs::path& file, const fs::path& run, const MergeOptions& options) {
  return merge({file}, run, options);
}

}  // namespace neurotape
