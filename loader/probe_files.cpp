#include <system_error>

#include "loader/attributes.hpp"
#include "loader/directory.hpp"
#include "loader/episode_file.hpp"
#include "loader/format.hpp"
#include "neurotape/maintenance.hpp"

namespace neurotape {
namespace {

namespace fs = std::filesystem;
using loader::File;

/// What is merely damaged is told by whoever reads it.
template <class Step>
void attempt(Step step) {
  try {
    step();
  } catch (const Error& error) {
    if (error.code() == ErrorCode::unsupported && error.context().path.empty()) throw;  // there is no prober
  }
}

void probe_episodes(const fs::path& path, const std::shared_ptr<loader::Prober>& prober) {
  const auto file = File::open(path, prober);
  attempt([&] { file->probe("/"); });
  for (const auto& episode : loader::list_file(*file, "/")) attempt([&] { file->probe(episode.second.object); });
}

}  // namespace

std::vector<Error> probe_files(const fs::path& run, const fs::path& command) {
  const auto prober = std::make_shared<loader::Prober>(command);
  for (const char* name : {"setup.h5", "experiment_data.h5"}) attempt([&] { File::open(run / name, prober); });
  std::error_code failed;
  for (fs::directory_iterator entry(run / "episodes", failed), end; !failed && entry != end; entry.increment(failed))
    if (entry->path().extension() == ".h5") attempt([&] { probe_episodes(entry->path(), prober); });
  return prober->refused();
}

}  // namespace neurotape
