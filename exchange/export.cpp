#include "exchange/export.hpp"

#include <neurotape/error.hpp>

#include "exchange/description.hpp"
#include "exchange/text_file.hpp"

namespace neurotape::exchange {
namespace {
namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& tried, const fs::path& path, const std::error_code& error) {
  throw Error(ErrorCode::io, tried + ": " + error.message(), {.path = path.string()});
}

}  // namespace

NewDirectory::NewDirectory(const fs::path& output) : beside_(output) {
  std::error_code error;
  if (!fs::create_directories(path(), error) && error) fail("cannot make a directory", path(), error);
}

fs::path NewDirectory::file(const std::string& name) {
  auto file = path() / name;
  std::error_code error;
  if (!fs::create_directories(file.parent_path(), error) && error)
    fail("cannot make a directory", file.parent_path(), error);
  report_.files.push_back(name);
  return file;
}

ExportReport NewDirectory::publish(const fs::path& inner) {
  beside_.publish(inner);
  for (const auto& [text, episodes] : notes_)
    report_.notes.push_back(text + " (episodes: " + std::to_string(episodes) + ")");
  return std::move(report_);
}

void write_description(const Run& run, NewDirectory& output) {
  TextFile file(output.file(kRunDescription));
  file.write(description_text(description_of(run)));
  file.close();
}

void write_description(const EpisodeReader& episode, NewDirectory& output) {
  auto description = description_of(episode);
  description["streams"] = description_of_streams(episode);
  TextFile file(output.file(episode.id() + "/" + kEpisodeDescription));
  file.write(description_text(description));
  file.close();
}

void note_what_is_left_out(const Run& run, const EpisodeReader& episode, NewDirectory& output) {
  if (!run.config().empty()) output.note("the configuration was left out");
  if (!run.neurons().empty() || !run.connections().empty()) output.note("the network was left out");
  if (!episode.gaps().empty())
    output.note("the gaps were left out: of rows that were dropped while recording nothing is said");
  if (episode.status() != "complete") output.note("the status \"" + episode.status() + "\" was left out");
}

double milliseconds_of_unit(const EpisodeReader& episode) {
  const std::map<std::string, double> units{{"s", 1e3}, {"ms", 1}, {"us", 1e-3}, {"ns", 1e-6}};
  const auto found = units.find(episode.dt_unit());
  return found == units.end() ? 0 : found->second;
}

double milliseconds_of_step(const EpisodeReader& episode, const ExportOptions& options) {
  if (const double dt = episode.dt() * milliseconds_of_unit(episode); dt > 0) return dt;
  if (options.dt_ms > 0) return options.dt_ms;
  throw Error(ErrorCode::invalid_argument,
              episode.id() + " does not say how long a timestep is; --dt-ms does (milliseconds)",
              {.episode = episode.id()});
}

}  // namespace neurotape::exchange
