#include <fmt/format.h>

#include "loader/format.hpp"
#include "loader/pack/run_writer.hpp"
#include "neurotape/maintenance.hpp"

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

std::uint64_t bytes_of(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return fs::file_size(path);
  std::uint64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(path))
    if (entry.is_regular_file(error) && !error) bytes += entry.file_size();
  return bytes;
}

/// Where an episode comes from, as far as the run that it comes into does not say so.
nlohmann::json provenance(const RunCatalog& from, std::uint64_t number, const nlohmann::json& config) {
  nlohmann::json source{{"run", from.path.filename().string()}, {"episode", number}};
  for (const char* key : {"created", "git_commit", "host", "command_line"})
    if (from.attributes.contains(key)) source[key] = from.attributes[key];
  if (from.config != config) source["config"] = from.config;
  return {{"merged_from", source}};
}

}  // namespace

CopyReport pack(const fs::path& run, const fs::path& file, const PackOptions& options) {
  const RunCatalog catalog(run, {options.trust, options.prober});
  io::Beside beside(file);
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
  return {.path = file, .episodes = numbers.size(), .bytes_before = bytes_of(run), .bytes_after = bytes_of(file)};
}

CopyReport merge(const std::vector<fs::path>& runs, const fs::path& to, const MergeOptions& options) {
  if (runs.empty()) throw Error(ErrorCode::invalid_argument, "there are no runs to merge");
  loader::RunWriter writer(to);
  CopyReport report{.path = to, .episodes = 0, .bytes_before = 0, .bytes_after = 0};
  std::string name;
  nlohmann::json config;
  for (const auto& run : runs) {
    const RunCatalog catalog(run, {options.trust, options.prober});
    if (&run == &runs.front()) {
      writer.copy_setup(catalog);
      name = catalog.name;
      config = catalog.config;
    } else if (catalog.name != name) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("'{}' and '{}' are runs of different experiments", name, catalog.name),
                  {.path = run.string()});
    }
    for (const auto number : catalog.numbers()) {
      const bool alone = runs.size() == 1;
      writer.add(*open_ended(catalog, number), alone ? number : report.episodes,
                 alone ? nlohmann::json::object() : provenance(catalog, number, config));
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
