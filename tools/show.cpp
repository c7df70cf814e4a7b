#include <algorithm>
#include <iostream>
#include <memory>

#include "exchange/text_sinks.hpp"
#include "tools/commands.hpp"
#include "tools/subcommand.hpp"
#include "tools/table.hpp"

namespace neurotape::tools {
namespace {

using exchange::RowLayout;

constexpr const char* kAbout = "The rows of one stream, as a table, CSV or JSON lines";
constexpr const char* kFooter =
    R"(STREAM is a path as `ls RUN EPISODE` shows it. --from and --to choose timesteps, --neurons
neurons of spikes, columns of a neural state or behavior, synapses of weight changes. A table
shows the first 8 columns of wider rows; CSV and JSON lines have all of them.

Examples:
  neurotape show RUN 3 spikes/excitatory --from 500 --to 900 --neurons 1,5-9
  neurotape show RUN 3 neural_states/membrane_potential --csv > v.csv
  neurotape show RUN 3 events --json | jq .data
  neurotape show RUN 3 rewards --limit 20

CSV has a line of titles, numbers with the digits that make them exact, and nan, inf, -inf;
pandas.read_csv takes it. In JSON what is not finite is null.
Exit status: 0, or 2 when the stream could not be read.)";

constexpr std::size_t kWidestTable = 8;
constexpr std::size_t kRowsAtOnce = 2000;

/// Rows in aligned columns. The widths of what was shown last are kept for what follows.
class TableSink final : public exchange::RowSink {
 public:
  explicit TableSink(exchange::WriteText write) : write_(std::move(write)) {}

  void begin(const RowLayout& layout) override {
    left_out_ = layout.names.size() - std::min(layout.names.size(), layout.first_of_values + kWidestTable);
    for (std::size_t i = 0; i < layout.names.size() - left_out_; ++i) {
      const bool left = layout.names[i] == "type" || layout.names[i] == "data";
      titles_.push_back((left ? "" : ">") + layout.names[i]);
    }
    if (left_out_ != 0) titles_.push_back("and " + std::to_string(left_out_) + " more");
    table_ = std::make_unique<Table>(titles_);
  }
  void number(std::string_view text, bool) override { this->text(text); }
  void json(std::string_view text) override { this->text(text); }
  void text(std::string_view text) override {
    if (++field_ <= titles_.size() - (left_out_ != 0 ? 1 : 0)) row_.emplace_back(text);
  }
  bool end_row() override {
    if (left_out_ != 0) row_.emplace_back("...");
    table_->add(std::exchange(row_, {}));
    field_ = 0;
    if (++rows_ % kRowsAtOnce == 0) show();
    return wanted_;
  }
  void end() override {
    if (rows_ == 0 || rows_ % kRowsAtOnce != 0) show();
  }

 private:
  void show() {
    if (wanted_) wanted_ = write_(table_->to_string());
    table_->clear();
  }

  exchange::WriteText write_;
  std::vector<std::string> titles_, row_;
  std::unique_ptr<Table> table_;
  std::size_t left_out_ = 0, field_ = 0, rows_ = 0;
  bool wanted_ = true;
};

/// Ends after so many rows.
class LimitedSink final : public exchange::RowSink {
 public:
  LimitedSink(exchange::RowSink& sink, std::uint64_t rows) : sink_(sink), left_(rows) {}
  void begin(const RowLayout& layout) override { sink_.begin(layout); }
  void number(std::string_view text, bool finite) override { sink_.number(text, finite); }
  void text(std::string_view text) override { sink_.text(text); }
  void json(std::string_view text) override { sink_.json(text); }
  bool end_row() override { return sink_.end_row() && --left_ != 0; }
  void end() override { sink_.end(); }

 private:
  exchange::RowSink& sink_;
  std::uint64_t left_;
};

struct Arguments : RunArguments {
  std::string episode, stream, neurons;
  exchange::RowChoice choice;
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
  bool as_csv = false;

  int execute() const {
    const auto reader = open_episode(open(), episode);
    if (choice.from > choice.to)
      throw Error(ErrorCode::invalid_argument,
                  "--to: expected " + std::to_string(choice.from) + " or more, got " + std::to_string(choice.to));
    auto wanted = choice;
    if (!neurons.empty()) wanted.ids = parse_indices(neurons, "--neurons");
    Output output;
    const auto sink = make_sink([&](std::string_view text) { return output.write(text); });
    LimitedSink limited(*sink, limit);
    exchange::read_rows(reader, reader.stream(stream), wanted, limited);
    return output.status();
  }

 private:
  std::unique_ptr<exchange::RowSink> make_sink(exchange::WriteText write) const {
    if (as_csv) return std::make_unique<exchange::CsvSink>(std::move(write));
    if (as_json) return std::make_unique<exchange::JsonLinesSink>(std::move(write));
    return std::make_unique<TableSink>(std::move(write));
  }
};

}  // namespace

Subcommand add_show(CLI::App& app) {
  return declare<Arguments>(app, "show", kAbout, kFooter, [](CLI::App& command, Arguments& arguments) {
    arguments.add_run(command);
    command.add_option("EPISODE", arguments.episode, "Number or id of an episode: 3, episode_0003")->required();
    command.add_option("STREAM", arguments.stream, "Path of a stream: spikes/excitatory")->required();
    command.add_option("--from", arguments.choice.from, "First timestep");
    command.add_option("--to", arguments.choice.to, "Timestep behind the last one");
    command.add_option("--neurons", arguments.neurons, "Ids, as in 1,5-9");
    command.add_option("--limit", arguments.limit, "So many rows at most")->check(above_zero());
    auto* csv = command.add_flag("--csv", arguments.as_csv, "Comma-separated values");
    command.add_flag("--json", arguments.as_json, "A JSON object a line")->excludes(csv);
  });
}

}  // namespace neurotape::tools
