#include "loader/catalog.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "loader/attributes.hpp"
#include "loader/exporter.hpp"
#include "loader/format.hpp"
#include "loader/watch.hpp"

namespace neurotape::detail {
namespace {

namespace fs = std::filesystem;
using loader::EpisodePlace;
using loader::File;
using loader::Hdf5Lock;
using loader::LinkKind;

constexpr std::size_t kMostRecentFiles = 4;
constexpr const char* kSetup = "setup.h5";
constexpr const char* kEpisodes = "episodes";
constexpr const char* kIndex = "experiment_data.h5";

}  // namespace

RunCatalog::RunCatalog(const fs::path& given, const RunOptions& options) : path(given) {
  if (options.trust == Trust::none) prober_ = std::make_shared<loader::Prober>(options.prober);
  std::error_code failed;
  const auto status = fs::status(path, failed);
  if (!fs::exists(status))
    throw Error(ErrorCode::not_found, "there is no such run", loader::context_of({.file = path.string()}));
  if (fs::is_directory(status)) {
    open_directory();
  } else {
    open_file();
  }
  if (name.empty()) name = path.has_stem() ? path.stem().string() : path.parent_path().filename().string();
}

void RunCatalog::open_directory() {
  form_ = Form::directory;
  std::error_code failed;
  if (const auto file = setup()) {
    describe(*file);
  } else if (!fs::is_directory(path / kEpisodes, failed) && fs::exists(path / kIndex, failed)) {
    path /= kIndex;  // of the older exporter, or without its episodes
    open_file();
  } else if (!fs::is_directory(path / kEpisodes, failed)) {
    throw Error(ErrorCode::not_found, "the directory is not a run: it has neither setup.h5 nor episodes/",
                loader::context_of({.file = path.string()}));
  }
}

void RunCatalog::open_file() {
  const auto file = File::open(path, prober_);
  loader::check_format(*file);
  const Hdf5Lock lock;
  describe(*file);
  const auto id = loader::text_of(attributes, "episode_id");
  const bool index = loader::kind_of(file->id(), "episodes_table", file->place()) == LinkKind::dataset;
  if (!id.empty()) {
    form_ = Form::one_episode;
    only_number_ = loader::number_in(id, "episode_").value_or(0);
  } else if (index || path.filename() == kSetup) {
    path = fs::absolute(path).parent_path();
    std::error_code failed;
    if (index && !fs::exists(path / kSetup, failed) && !fs::is_directory(path / kEpisodes, failed))
      throw Error(ErrorCode::not_found, "the index is alone: neither setup.h5 nor episodes/ is beside it",
                  loader::context_of({.file = path.string()}));
    open_directory();
  } else {
    form_ = Form::many_episodes;
    group_ = loader::kind_of(file->id(), kEpisodes, file->place()) == LinkKind::group ? "/episodes" : "/";
    if (group_ == "/" && loader::list_file(*file, group_).empty())
      throw Error(ErrorCode::not_found, "there are no episodes in the file",
                  loader::context_of({.file = path.string()}));
  }
}

void RunCatalog::describe(const File& file) {
  const Hdf5Lock lock;
  loader::check_format(file);
  attributes = loader::read_attributes(loader::open_group(file.id(), "/", file.place()).get(), file.place());
  config = loader::read_config(file, attributes);
  attributes.erase("config");
  if (loader::is_of_exporter(file)) loader::add_side_files(file.path().parent_path(), attributes, config);
  name = loader::text_of(attributes, "experiment_name");
}

std::shared_ptr<const File> RunCatalog::setup() const {
  if (form_ != Form::directory) return File::open(path, prober_);
  const fs::path file = path / kSetup;
  std::error_code failed;
  const auto status = fs::symlink_status(file, failed);
  return fs::exists(status) ? File::open(file, prober_) : nullptr;
}

std::shared_ptr<const RunCatalog::List> RunCatalog::list() const {
  const std::lock_guard lock(mutex_);
  if (!list_) list_ = std::make_shared<const List>(make_list());
  return list_;
}

std::shared_ptr<const RunCatalog::List> RunCatalog::list_again() const {
  const std::lock_guard lock(mutex_);
  return list_ = std::make_shared<const List>(make_list());
}

RunCatalog::List RunCatalog::make_list() const {
  List list;
  if (form_ == Form::directory) {
    list.places = loader::list_directory(path, prober_, list.problems);
  } else if (form_ == Form::one_episode) {
    list.places[only_number_].object = "/";
  } else {
    list.places = loader::list_file(*File::open(path, prober_), group_);
  }
  for (const auto& [number, place] : list.places) list.numbers.push_back(number);
  return list;
}

std::vector<std::uint64_t> RunCatalog::numbers() const { return list()->numbers; }
std::vector<Error> RunCatalog::problems() const { return list()->problems; }
std::uint64_t RunCatalog::number_at(std::size_t position) const { return list()->numbers.at(position); }
bool RunCatalog::contains(std::uint64_t number) const { return list()->places.contains(number); }

std::optional<RecorderInfo> RunCatalog::recorder() const {
  const auto run = form_ == Form::directory ? std::optional(path) : loader::run_of(path);
  return run ? loader::recorder_of(*run) : std::nullopt;
}

bool RunCatalog::is_live() const { return recorder().has_value(); }

bool RunCatalog::refresh() const {
  const auto before = list();
  return list_again()->numbers != before->numbers;
}

std::shared_ptr<const EpisodeFile> RunCatalog::open(std::uint64_t number) const {
  constexpr int kMostAttempts = 8;
  if (auto episode = try_open(*list(), number)) return episode;
  // It may be recorded since, or its file merged into another, and then again while that is being opened.
  for (int attempt = 1; attempt <= kMostAttempts; ++attempt) {
    const auto now = list_again();
    if (auto episode = try_open(*now, number)) return episode;
    // While the run is recorded, a list may lack what was moved between two looks at the directory.
    if (!now->places.contains(number) && !is_live()) break;
  }
  const auto known = numbers();
  throw Error(ErrorCode::not_found,
              known.empty() ? fmt::format("there is no episode {}; there are none", number)
                            : fmt::format("there is no episode {}; there are {}, from {} to {}", number, known.size(),
                                          known.front(), known.back()),
              loader::context_of({.file = path.string()}));
}

std::shared_ptr<const EpisodeFile> RunCatalog::try_open(const List& list, std::uint64_t number) const {
  const auto found = list.places.find(number);
  if (found == list.places.end()) return nullptr;
  try {
    return open_place(found->second, number);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::not_found) throw;
    return nullptr;
  }
}

fs::path RunCatalog::file_of(const EpisodePlace& place) const {
  return place.file.empty() ? path : path / kEpisodes / place.file;
}

std::shared_ptr<const EpisodeFile> RunCatalog::open_place(const EpisodePlace& place, std::uint64_t number) const {
  const fs::path file = file_of(place);
  return place.object == "/" ? EpisodeFile::open(file, place.object, number, prober_)
                             : EpisodeFile::open(shared_file(file, place.object), place.object, number);
}

std::shared_ptr<const File> RunCatalog::shared_file(const fs::path& path_of_file, const std::string& object) const {
  const std::lock_guard lock(mutex_);
  const auto known = std::find_if(recent_files_.begin(), recent_files_.end(),
                                  [&](const auto& file) { return file->path() == path_of_file; });
  if (known != recent_files_.end()) return *known;
  auto file = File::open(path_of_file, prober_, object);
  recent_files_.push_front(file);
  if (recent_files_.size() > kMostRecentFiles) recent_files_.pop_back();
  return file;
}

std::vector<EpisodeSummary> RunCatalog::summaries() const {
  std::vector<EpisodeSummary> summaries;
  for (const auto& [number, place] : list()->places) summaries.push_back(summary(number, place));
  return summaries;
}

std::vector<EpisodeSummary> RunCatalog::listed() const {
  std::vector<EpisodeSummary> summaries;
  for (const auto& [number, place] : list()->places) summaries.push_back(line(number, place));
  return summaries;
}

EpisodeSummary RunCatalog::line(std::uint64_t number, const EpisodePlace& place) const {
  return {number, loader::episode_id(number), place.status, file_of(place), place.object, place.totals};
}

EpisodeSummary RunCatalog::summary(std::uint64_t number, const EpisodePlace& place) const {
  auto line = this->line(number, place);
  if (place.from_index) return line;
  try {
    line.status = open_place(place, number)->status;
  } catch (const Error&) {
    line.status = "unreadable";  // opening it tells why; the others are still to be listed
  }
  return line;
}

}  // namespace neurotape::detail
