#include "tools/watch_text.hpp"

#include <algorithm>
#include <limits>
#include <sstream>

#include "tools/commands.hpp"

namespace neurotape::tools {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

std::string rate_text(const Json& rate) {
  if (rate.is_null()) return {};
  const auto value = rate.get<double>();
  return number_text(value >= 100 ? "%.0f" : "%.3g", value);
}

std::string bytes_rate_text(const Json& rate) {
  return rate.is_null() ? "" : bytes_text(static_cast<std::uint64_t>(rate.get<double>())) + "/s";
}

std::string ratio_text(const Json& ratio) { return ratio.is_null() ? "" : number_text("%.2f", ratio.get<double>()); }

std::string last_text(const Json& stream) {
  if (stream["last"].is_null()) return {};
  const bool of_spikes = plain(stream["path"]).starts_with("spikes/");
  const auto unit = of_spikes ? "a step" : plain(stream["unit"]);
  return number_text("%.5g", stream["last"].get<double>()) + (unit.empty() ? "" : " ") + unit;
}

std::vector<std::string> cells_of(const Json& stream) {
  return {plain(stream["path"]),
          plain(stream["rows"]),
          rate_text(stream["rows_per_second"]),
          bytes_rate_text(stream["raw_bytes_per_second"]),
          size_text(stream["stored_bytes"]),
          ratio_text(stream["ratio"]),
          stream["rows_lost"] == 0 ? "" : plain(stream["rows_lost"]),
          last_text(stream)};
}

/// "0:12:34"
std::string clock_text(const Json& seconds) {
  const auto all = static_cast<long long>(seconds.get<double>());
  const auto two = [](long long number) { return (number < 10 ? ":0" : ":") + std::to_string(number); };
  return std::to_string(all / 3600) + two(all / 60 % 60) + two(all % 60);
}

std::string status_text(const Json& look) {
  const auto time = look["elapsed_seconds"].is_null() ? "" : clock_text(look["elapsed_seconds"]);
  if (look["ended"].is_null()) return "recording" + (time.empty() ? "" : " for " + time);
  const std::string ended = look["ended"] == "died" ? "its recorder died" : "finished";
  return ended + (time.empty() ? "" : " after " + time);
}

std::string episodes_text_of(const Json& episodes) {
  const auto number = [&](const char* key) { return episodes[key].get<std::uint64_t>(); };
  std::string text = plain(episodes["count"]);
  const char* separator = ": ";
  const auto add = [&](const char* key, const char* words) {
    if (number(key) == 0) return;
    text += separator + std::to_string(number(key)) + words;
    separator = ", ";
  };
  add("open", " being recorded");
  add("finished", " finished");
  add("cut_off", " cut off");
  add("unseen", " not looked into");
  const auto looked_into = number("looked_into");
  if (looked_into + number("unseen") < number("count"))
    text += "; sizes, ratio and losses are of " + std::to_string(looked_into) + " of them";
  return text;
}

std::string ring_text(const Json& ring) {
  if (ring.is_null()) return {};
  const auto percent = [&](const char* key) {
    return number_text("%.0f %%", 100 * ring[key].get<double>() / ring["bytes"].get<double>());
  };
  return percent("used_bytes") + " of " + size_text(ring["bytes"]) + ", at most " + percent("peak_bytes");
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream rest(text);
  for (std::string line; std::getline(rest, line);) lines.push_back(line);
  return lines;
}

}  // namespace

std::string end_text(const Json& look) {
  const auto path = plain(look["path"]);
  if (look["ended"] == "died")
    return path + ": its recorder died; all that was committed is there, neurotape recover tidies it\n";
  return path + ": finished, " + count_text(look["episodes"]["count"].get<std::uint64_t>(), "episode") + ", " +
         count_text(look["rows"].get<std::uint64_t>(), "row") + "\n";
}

std::string WatchLines::of(const Json& look) {
  const auto time = plain(look["time"]);
  for (const auto& stream : look["streams"]) {
    auto cells = cells_of(stream);
    cells.insert(cells.begin(), time);
    table_.add(cells);
  }
  if (look["streams"].empty()) table_.add({time, "", "", "", "", "", "", "", ""});
  auto text = table_.to_string();
  table_.clear();
  return text;
}

void WatchScreen::add(const Json& look) {
  look_ = look;
  for (const auto& stream : look["streams"]) {
    // Events have no values: how many came.
    const auto& shown = stream["path"] == "events" ? stream["rows_per_second"] : stream["last"];
    // One that came later begins where the others are by now.
    auto& values = history_.try_emplace(plain(stream["path"]), looks_, kNothing).first->second;
    values.push_back(shown.is_null() ? kNothing : shown.get<double>());
    if (values.size() > kMostLooks) values.pop_front();
  }
  looks_ = std::min(looks_ + 1, kMostLooks);
}

std::string WatchScreen::head() const {
  Table table({"", ""});
  table.add({"status", status_text(look_)});
  table.add({"episodes", episodes_text_of(look_["episodes"])});
  const auto rate = rate_text(look_["rows_per_second"]);
  table.add({"rows", plain(look_["rows"]) + (rate.empty() ? "" : ", " + rate + " a second")});
  const auto ratio = ratio_text(look_["ratio"]), bytes = bytes_rate_text(look_["raw_bytes_per_second"]);
  table.add({"bytes", size_text(look_["stored_bytes"]) + " stored" + (ratio.empty() ? "" : ", ratio " + ratio) +
                          (bytes.empty() ? "" : ", " + bytes + " in")});
  table.add({"ring", ring_text(look_["ring"])});
  table.add({"lost", look_["rows_lost"] == 0 ? "no rows" : count_text(look_["rows_lost"].get<std::uint64_t>(), "row")});
  for (const auto& problem : look_["problems"]) table.add({"problem", plain(problem)});
  return table.to_string();
}

std::string WatchScreen::streams() const {
  Table table({"", ">", ">", ">", ">", ">", ">", ">"});
  table.add({"stream", "rows", "rows/s", "raw/s", "stored", "ratio", "lost", "last"});
  for (const auto& stream : look_["streams"]) table.add(cells_of(stream));
  return table.to_string();
}

std::string WatchScreen::spark_line_of(const std::string& path, std::size_t cells, Charset charset) const {
  const auto found = history_.find(path);
  if (found == history_.end()) return {};
  const auto& all = found->second;
  const auto shown = static_cast<std::ptrdiff_t>(std::min(cells, all.size()));
  return spark_line(std::vector<double>(all.end() - shown, all.end()), charset);
}

std::vector<ScreenLine> WatchScreen::lines(std::size_t columns, std::size_t rows, Charset charset) const {
  std::vector<ScreenLine> lines{{plain(look_["name"]) + "  " + plain(look_["path"]), true}};
  for (const auto& line : lines_of(head())) lines.push_back({line});
  lines.push_back({});
  auto table = lines_of(streams());
  std::size_t widest = 0;
  for (const auto& line : table) widest = std::max(widest, tools::cells_of(line));
  const auto room = columns > widest + 2 ? columns - widest - 2 : 0;
  for (std::size_t i = 1; i < table.size() && room != 0; ++i) {
    table[i].append(widest + 2 - tools::cells_of(table[i]), ' ');
    table[i] += spark_line_of(plain(look_["streams"][i - 1]["path"]), room, charset);
  }
  const auto wanted = lines.size() + table.size();
  for (std::size_t i = 0; i < table.size(); ++i) lines.push_back({table[i], i == 0});
  if (wanted <= rows) return lines;
  // Streams that there is no room for are said to be there.
  const auto hidden = wanted - rows + 1;
  lines.resize(rows);
  if (rows > 0 && hidden < table.size()) lines.back() = {"  and " + count_text(hidden, "more stream")};
  return lines;
}

}  // namespace neurotape::tools
