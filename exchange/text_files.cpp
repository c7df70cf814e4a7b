#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <neurotape/analysis.hpp>

#include "exchange/export.hpp"
#include "exchange/text_sinks.hpp"

namespace neurotape::exchange {
namespace {

using Json = nlohmann::ordered_json;

/// A text file; all errors are told, also those that come late.
class TextFile {
 public:
  explicit TextFile(const std::filesystem::path& path) : path_(path), file_(std::fopen(path.c_str(), "wxe")) {
    if (!file_) fail();
  }
  void write(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size()) fail();
  }
  void close() {
    if (std::fclose(file_.release()) != 0) fail();
  }

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  [[noreturn]] void fail() const {
    throw Error(ErrorCode::io, std::string("cannot write: ") + std::strerror(errno), {.path = path_.string()});
  }

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Closer> file_;
};

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

Json description_of(const EpisodeReader& episode) {
  const auto seed = episode.seed();
  return {{"id", episode.id()},
          {"status", episode.status()},
          {"name", episode.name()},
          {"started", episode.started()},
          {"ended", episode.ended()},
          {"dt", episode.dt()},
          {"dt_unit", episode.dt_unit()},
          {"seed", seed ? Json(*seed) : Json()},
          {"attributes", episode.attributes()}};
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
  for (const auto number : options.episodes) {
    const auto episode = run.episode(number);
    for (const auto& stream : episode.streams()) {
      TextFile file(output.file(episode.id() + "/" + stream.path + ".csv"));
      CsvSink sink([&](std::string_view text) {
        file.write(text);
        return true;
      });
      read_rows(episode, stream, {}, sink);
      file.close();
    }
  }
  return output.publish();
}

ExportReport export_json(const Run& run, const ExportOptions& options) {
  NewDirectory output(options.output);
  TextFile head(output.file("run.json"));
  head.write(Json{{"name", run.name()}, {"attributes", run.attributes()}, {"config", run.config()}}.dump(
                 2, ' ', false, Json::error_handler_t::replace) +
             "\n");
  head.close();
  for (const auto number : options.episodes) {
    const auto episode = run.episode(number);
    TextFile file(output.file(episode.id() + ".json"));
    write_json_of_episode(episode, file);
    file.close();
  }
  return output.publish();
}

}  // namespace neurotape::exchange
