#include "exchange/export.hpp"

#include <neurotape/error.hpp>
#include <unistd.h>

namespace neurotape::exchange {
namespace {
namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& tried, const fs::path& path, const std::error_code& error) {
  throw Error(ErrorCode::io, tried + ": " + error.message(), {.path = path.string()});
}

}  // namespace

NewDirectory::NewDirectory(const fs::path& output) : output_(fs::absolute(output).lexically_normal()) {
  if (!output_.has_filename()) output_ = output_.parent_path();
  std::error_code error;
  if (fs::exists(fs::symlink_status(output_, error)))
    throw Error(ErrorCode::already_exists, "the output is there already", {.path = output_.string()});
  transient_ = output_.parent_path() / ("." + output_.filename().string() + "." + std::to_string(::getpid()));
  if (!fs::create_directories(transient_, error) && error) fail("cannot make a directory", transient_, error);
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

ExportReport NewDirectory::publish() {
  std::error_code error;
  fs::rename(transient_, output_, error);
  if (error) fail("cannot give the output its name", output_, error);
  published_ = true;
  for (const auto& [text, episodes] : notes_)
    report_.notes.push_back(text + " (episodes: " + std::to_string(episodes) + ")");
  return std::move(report_);
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
