#include <neurotape/analysis.hpp>

#include "exchange/description.hpp"
#include "exchange/export.hpp"
#include "exchange/network.hpp"
#include "exchange/text_file.hpp"
#include "exchange/text_sinks.hpp"

namespace neurotape::exchange {
namespace {

using Json = nlohmann::ordered_json;

/// `"columns": [...], "data": [[...], ...]`: what is not finite is null.
class SplitSink final : public RowSink {
 public:
  explicit SplitSink(TextFile& file) : file_(file) {}

  void begin(const RowLayout& layout) override {
    text_ = "\"columns\": " + Json(layout.names).dump() + ", \"data\": [";
  }
  void number(std::string_view text, bool finite) override { put(finite ? text : "null"); }
  void text(std::string_view text) override { put(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace)); }
  void json(std::string_view text) override { put(text); }
  bool end_row() override {
    text_ += ']';
    in_row_ = false;
    first_row_ = false;
    if (text_.size() > kPieceBytes) flush();
    return true;
  }
  void end() override {
    text_ += ']';
    flush();
  }

 private:
  static constexpr std::size_t kPieceBytes = 1U << 16;

  void put(std::string_view value) {
    text_ += in_row_ ? ", " : first_row_ ? "\n[" : ",\n[";
    in_row_ = true;
    text_ += value;
  }
  void flush() {
    file_.write(text_);
    text_.clear();
  }

  TextFile& file_;
  std::string text_;
  bool in_row_ = false, first_row_ = true;
};

void write_csv_of_episodes(const Run& run, const ExportOptions& options, NewDirectory& output) {
  TextFile file(output.file("episodes.csv"));
  file.write("episode,status,first_timestep,last_timestep,length,rows,return\n");
  std::array<char, 32> buffer;
  for (const auto number : options.episodes) {
    const auto outcome = outcome_of(run.episode(number));
    const auto span = outcome.timesteps;
    std::string status;
    put_csv_text(status, outcome.status);
    file.write(std::to_string(number) + "," + status + "," + (span ? std::to_string(span->first) : "") + "," +
               (span ? std::to_string(span->last) : "") + "," + std::to_string(outcome.length) + "," +
               std::to_string(outcome.rows) + ",");
    file.write(number_text(outcome.sum_of_rewards, buffer));
    file.write("\n");
  }
  file.close();
}

/// \param read gives rows to a sink
template <class Read>
void write_csv(const std::filesystem::path& path, Read read) {
  TextFile file(path);
  CsvSink sink([&](std::string_view text) {
    file.write(text);
    return true;
  });
  read(sink);
  file.close();
}

std::string dump(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

void write_json_of_episode(const EpisodeReader& episode, TextFile& file) {
  auto head = dump(description_of(episode));
  head.pop_back();
  file.write(head + ", \"streams\": {");
  const char* separator = "\n";
  for (const auto& stream : episode.streams()) {
    file.write(separator + dump(stream.path) + ": {\"unit\": " + dump(stream.unit) + ", ");
    SplitSink sink(file);
    read_rows(episode, stream, {}, sink);
    file.write("}");
    separator = ",\n";
  }
  file.write("}}\n");
}

}  // namespace

ExportReport export_csv(const Run& run, const ExportOptions& options) {
  NewDirectory output(options.output);
  write_csv_of_episodes(run, options, output);
  write_description(run, output);
  for_each_table(run, [&](const std::string& name, const NetworkTable& table) {
    write_csv(output.file(kNetwork + ("/" + name + ".csv")), [&](RowSink& sink) { read_rows(table, sink); });
  });
  for (const auto number : options.episodes) {
    const auto episode = run.episode(number);
    write_description(episode, output);
    for (const auto& stream : episode.streams())
      write_csv(output.file(episode.id() + "/" + stream.path + ".csv"),
                [&](RowSink& sink) { read_rows(episode, stream, {}, sink); });
  }
  return output.publish();
}

ExportReport export_json(const Run& run, const ExportOptions& options) {
  NewDirectory output(options.output);
  write_description(run, output);
  for_each_table(run, [&](const std::string& name, const NetworkTable& table) {
    TextFile file(output.file(kNetwork + ("/" + name + ".json")));
    file.write("{");
    SplitSink sink(file);
    read_rows(table, sink);
    file.write("}\n");
    file.close();
  });
  for (const auto number : options.episodes) {
    const auto episode = run.episode(number);
    TextFile file(output.file(episode.id() + ".json"));
    write_json_of_episode(episode, file);
    file.close();
  }
  return output.publish();
}

}  // namespace neurotape::exchange
