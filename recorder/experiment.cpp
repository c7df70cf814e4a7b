#include "neurotape/experiment.hpp"

#include "recorder/episode_state.hpp"
#include "recorder/leak.hpp"
#include "recorder/names.hpp"
#include "recorder/recorder.hpp"

namespace neurotape {
namespace {

StorageOptions storage(const ExperimentOptions& options) { return {options.durability, options.on_disk_error}; }

std::unique_ptr<Backend> create_backend(const std::filesystem::path& parent, const std::string& name,
                                        const ExperimentOptions& options) {
  try {
    return create_run(parent, {name, options.dt, options.dt_unit}, storage(options));
  } catch (const Error& error) {
    auto where = error.context();
    where.experiment = name;
    const char* const expected =
        error.code() == ErrorCode::io ? "expected a directory for the run that can be made and written: " : "";
    throw Error(error.code(), expected + error.message(), std::move(where));
  }
}

}  // namespace

Experiment Experiment::create(const std::filesystem::path& parent, std::string_view name,
                              const ExperimentOptions& options) {
  require_name("experiment", name, {.path = parent.string()});
  detail::Recorder::require_usable(options, {.experiment = std::string(name), .path = parent.string()});
  auto backend = create_backend(parent, std::string(name), options);
  return Experiment(std::make_shared<detail::Recorder>(std::move(backend), std::string(name), options));
}

Experiment Experiment::open(const std::filesystem::path& path, const ExperimentOptions& options) {
  detail::Recorder::require_usable(options, {.path = path.string()});
  auto backend = open_run(path, storage(options));
  auto info = backend->info();
  auto its_options = options;
  if (its_options.dt == 0) {
    its_options.dt = info.dt;
    its_options.dt_unit = std::move(info.dt_unit);
  }
  return Experiment(std::make_shared<detail::Recorder>(std::move(backend), std::move(info.name), its_options));
}

Experiment::Experiment(std::shared_ptr<detail::Recorder> recorder) : recorder_(std::move(recorder)) {}
Experiment::Experiment(Experiment&&) noexcept = default;

Experiment& Experiment::operator=(Experiment&& other) noexcept {
  std::swap(recorder_, other.recorder_);
  return *this;
}

Experiment::~Experiment() {
  if (recorder_ == nullptr) return;
  if (!recorder_->is_ours()) {
    detail::leak(std::move(recorder_));
    return;
  }
  try {
    recorder_->close();
  } catch (const std::exception&) {  // a destructor does not throw; on_error has been told
    return;
  }
}

const std::filesystem::path& Experiment::path() const noexcept { return recorder_->path(); }
void Experiment::save_config(const nlohmann::json& config) { recorder_->save_config(config); }
void Experiment::save_neurons(const std::vector<NamedArray>& columns) { recorder_->save_network("neurons", columns); }
void Experiment::save_connections(const std::vector<NamedArray>& columns) {
  recorder_->save_network("connections", columns);
}

Episode Experiment::start_episode(const EpisodeOptions& options) {
  return Episode(std::make_shared<detail::EpisodeState>(recorder_, recorder_->start_episode(options)));
}

void Experiment::flush() { recorder_->flush(); }
Stats Experiment::stats() const { return recorder_->stats(); }
void Experiment::close() { recorder_->close(); }

}  // namespace neurotape
