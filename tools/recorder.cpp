#include "tools/commands.hpp"

namespace neurotape::tools {

bool was_closed(const Run& run) {
  std::error_code ignored;
  return !std::filesystem::exists(run.path() / ".lock", ignored);
}

bool was_cut_off(const EpisodeReader& episode) { return episode.status() == "recording" && !episode.is_live(); }

std::string recorder_text(const Json& run) {
  const auto cut_off = run["cut_off"].get<int>();
  std::string now = run["live"].get<bool>() ? "a process is recording this run now" : "";
  if (cut_off == 0 && run["closed"] == false && now.empty())
    return "recording was cut off, before its first commit or between two episodes";
  if (cut_off == 0) return now;
  const std::string which = now.empty() ? "recording" : "; " + std::to_string(cut_off) + " earlier: recording";
  return now + which + " was cut off; neurotape recover tidies it" + (now.empty() ? "" : " later");
}

}  // namespace neurotape::tools
