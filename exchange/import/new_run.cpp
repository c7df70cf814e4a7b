#include "exchange/import/new_run.hpp"

namespace neurotape::exchange {
namespace {

Experiment create(const std::filesystem::path& directory, const std::string& name) {
  ExperimentOptions options;
  options.on_error = [](const Error&) {};  // `finish` and `close` throw it; it is told once
  return Experiment::create(directory, name, options);
}

std::string name_of(const std::filesystem::path& source) {
  const auto whole = std::filesystem::absolute(source).lexically_normal();
  return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

}  // namespace

NewRun::NewRun(const ImportOptions& options, const std::string& name)
    : options_(options),
      directory_(options.output),
      experiment_(create(directory_.path(), options.name.empty() ? name : options.name)) {
  report_.name = options.name.empty() ? name : options.name;
}

Episode NewRun::start_episode(EpisodeOptions options, nlohmann::json origin) {
  origin["source"] = name_of(options_.source);
  options.attributes["imported_from"] = std::move(origin);
  if (options_.dt > 0) options.dt = options_.dt;
  if (!options_.dt_unit.empty()) options.dt_unit = options_.dt_unit;
  ++report_.episodes;
  return experiment_.start_episode(options);
}

bool NewRun::set_attribute(Episode& episode, const std::string& name, const nlohmann::json& value) try {
  episode.set_attribute(name, value);
  return true;
} catch (const Error& error) {
  if (error.code() != ErrorCode::invalid_name) throw;
  note(name + " was left out: " + error.what());
  return false;
}

void NewRun::finish(Episode& episode, const std::string& status) {
  if (status == "aborted")
    episode.abort();
  else
    episode.finish();
}

ImportReport NewRun::publish() {
  const auto whole = experiment_.path();
  experiment_.close();
  report_.notes = directory_.publish(whole).notes;
  return std::move(report_);
}

}  // namespace neurotape::exchange
