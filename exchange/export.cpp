#include "exchange/export.hpp"

#include <neurotape/error.hpp>
#include <unistd.h>

#include "exchange/description.hpp"
#include "exchange/text_file.hpp"

namespace neurotape::exchange {
namespace {
namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& tried, const fs::path& path, const std::error_code& error) {
  throw Error(ErrorCode::io, tried + ": " + error.message(), {.path = path.string()});
}

fs::path normal(const fs::path& output) {
  const auto path = fs::absolute(output).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

/// Its name while a process writes it.
fs::path transient_of(const fs::path& output, int process) {
  return output.parent_path() / ("." + output.filename().string() + "." + std::to_string(process));
}

}  // namespace

NewDirectory::NewDirectory(const fs::path& output) : output_(normal(output)) {
  std::error_code error;
  if (fs::exists(fs::symlink_status(output_, error)))
    throw Error(ErrorCode::already_exists, "the output is there already", {.path = output_.string()});
  transient_ = transient_of(output_, ::getpid());
  fs::remove_all(transient_, error);  // of a process with this number that was killed
  if (!fs::create_directories(transient_, error) && error) fail("cannot make a directory", transient_, error);
}

void NewDirectory::remove_rest(const fs::path& output, int process) noexcept try {
  fs::remove_all(transient_of(normal(output), process));
} catch (const std::exception&) {  // it stays under a name that says what it is
}

NewDirectory::~NewDirectory() {
  std::error_code ignored;
  if (!published_) fs::remove_all(transient_, ignored);
}

fs::path NewDirectory::file(const std::string& name) {
  auto path = transient_ / name;
  std::error_code error;
  if (!fs::create_directories(path.parent_path(), error) && error)
    fail("cannot make a directory", path.parent_path(), error);
  report_.files.push_back(name);
  return path;
}

ExportReport NewDirectory::publish(const fs::path& inner) {
  std::error_code error;
  fs::rename(inner.empty() ? transient_ : inner, output_, error);
  if (error) fail("cannot give the output its name", output_, error);
  published_ = inner.empty();
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
