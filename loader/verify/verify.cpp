#include <algorithm>
#include <thread>

#include "backends/io/lock_file.hpp"
#include "loader/format.hpp"
#include "loader/verify/file_check.hpp"
#include "loader/verify/run_check.hpp"
#include "neurotape/maintenance.hpp"

namespace neurotape {
namespace {

namespace fs = std::filesystem;

bool is_run(const fs::path& directory) {
  return fs::exists(directory / "setup.h5") || fs::is_directory(directory / "episodes");
}

/// Files whose name says that they are of a run: if they are not, that is a fault and no mistake.
bool has_name_of_run(const fs::path& file) {
  const auto stem = file.stem().string();
  return file.extension() == ".h5" && (loader::number_in(stem, "episode_") || loader::number_in(stem, "segment_"));
}

/// The index and the setup stand for the whole run.
bool is_description(const fs::path& path) {
  return path.filename() == "setup.h5" || path.filename() == "experiment_data.h5";
}

void verify_file(const fs::path& path, const std::shared_ptr<loader::Prober>& prober, VerifyReport& report,
                 loader::Findings& findings, loader::Crew& crew) {
  if (!has_name_of_run(path)) loader::check_format(*loader::File::open(path, prober));
  const auto directory = fs::absolute(path).parent_path();
  const auto lock = directory.parent_path() / ".lock";
  report.being_recorded = directory.filename() == "episodes" && io::LockFile::is_held(lock);
  loader::check_file({path, path.filename().string(), "", report.being_recorded, prober}, findings, crew);
}

}  // namespace

VerifyReport verify(const fs::path& path, const VerifyOptions& options) {
  std::error_code failed;
  const auto status = fs::status(path, failed);
  if (!fs::exists(status)) throw Error(ErrorCode::not_found, "there is no such run", {.path = path.string()});
  const unsigned machine = std::max(1U, std::thread::hardware_concurrency());
  loader::Crew crew(options.jobs == 0 ? machine : options.jobs);
  const auto prober = options.trust == Trust::full ? nullptr : std::make_shared<loader::Prober>(options.prober);
  loader::Findings findings(options.on_progress);
  VerifyReport report{.path = path, .faults = {}, .left_behind = {}, .checked = {}};
  if (fs::is_directory(status)) {
    if (!is_run(path))
      throw Error(ErrorCode::not_found, "the directory is not a run: it has neither setup.h5 nor episodes/",
                  {.path = path.string()});
    loader::check_run(path, prober, report, findings, crew);
  } else if (is_description(path)) {
    report.path = fs::absolute(path).parent_path();
    loader::check_run(report.path, prober, report, findings, crew);
  } else {
    verify_file(path, prober, report, findings, crew);
  }
  report.faults = findings.sorted_faults();
  report.checked = findings.counted();
  return report;
}

}  // namespace neurotape
