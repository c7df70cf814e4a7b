#include "exchange/plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <neurotape/analysis.hpp>
#include <set>

#include "artifacts/gnuplot.hpp"

namespace neurotape::exchange {
namespace {

using artifacts::gnuplot_string;

constexpr std::size_t kReadAtOnceBytes = 4'000'000;
constexpr std::size_t kMostEventsWithText = 20;
constexpr auto kLastTimestep = std::numeric_limits<std::int64_t>::max();

/// One of the drawings above each other: its settings, and what is plotted from which data.
struct Panel {
  std::string label, settings;
  std::string axis;  ///< of time, or another
  std::vector<std::string> curves;
  std::string data;  ///< of all curves, in their order, each ended by "e"
  bool has_key = false, is_of_time = true;
};

/// The least and the largest value of a piece of a trace, with their timesteps.
class Extremes {
 public:
  void add(std::int64_t timestep, double value) {
    const bool first_number = std::isnan(least_.second) && !std::isnan(value);
    if (empty_ || first_number || value < least_.second) least_ = {timestep, value};
    if (empty_ || first_number || value > largest_.second) largest_ = {timestep, value};
    empty_ = false;
  }
  /// In order of their timesteps; one, where they are the same. It is empty then.
  std::vector<std::pair<std::int64_t, double>> take() {
    empty_ = true;
    if (least_.first == largest_.first) return {least_};
    return {std::min(least_, largest_), std::max(least_, largest_)};
  }

 private:
  std::pair<std::int64_t, double> least_, largest_;
  bool empty_ = true;
};

class Figure {
 public:
  Figure(const Run& run, const EpisodeReader& episode, const PlotOptions& options)
      : run_(run), episode_(episode), options_(options), timed_(episode.dt() > 0) {
    const auto span = span_of(episode);
    from_ = options.from.value_or(span ? span->first : 0);
    to_ = options.to.value_or(span ? span->last + (span->last < kLastTimestep ? 1 : 0) : 0);
  }

  Plot draw() {
    for (const auto& stream : episode_.streams()) {
      if (stream.kind == StreamKind::spikes) add_raster(stream);
      if (stream.is_dense()) add_traces(stream);
      if (stream.kind == StreamKind::rewards) add_rewards(stream);
    }
    find_events();
    add_learning_curve();
    if (panels_.empty())
      throw Error(ErrorCode::not_found, "there is nothing to draw in " + episode_.id(), {.episode = episode_.id()});
    plot_.panels = panels_.size();
    plot_.picture = artifacts::run_gnuplot(script());
    return std::move(plot_);
  }

 private:
  double time_of(std::int64_t timestep) const { return static_cast<double>(timestep) * (timed_ ? episode_.dt() : 1); }
  std::string time_axis() const { return timed_ ? "time (" + episode_.dt_unit() + ")" : "timestep"; }
  std::string time_range() const {
    return fmt::format("set xrange [{}:{}]\n", time_of(from_),
                       std::max(time_of(to_), time_of(from_) + (timed_ ? episode_.dt() : 1)));
  }

  void add_raster(const StreamInfo& stream) {
    const auto all = spike_trains(episode_, stream.name(), {.from = from_, .to = to_, .by_timestep = !timed_});
    if (all.size() == 0) return;
    Panel panel{
        .label = stream.name() + ", neuron", .settings = time_range(), .axis = time_axis(), .curves = {}, .data = {}};
    panel.curves.push_back(fmt::format("'-' using 1:2 with points pt 7 ps {} lc rgb '#222222' notitle",
                                       options_.format == "text" ? 1 : 0.25));
    const std::size_t step = (all.size() + options_.most_neurons - 1) / options_.most_neurons;
    if (step > 1) panel.label += fmt::format(" ({} of {})", (all.size() + step - 1) / step, all.size());
    for (std::size_t i = 0; i < all.size(); i += step)
      for (const double time : all.train(i)) {
        panel.data += fmt::format("{} {}\n", time, all.neuron_ids[i]);
        ++plot_.spikes;
      }
    if (panel.data.empty()) return;
    panel.data += "e\n";
    panels_.push_back(std::move(panel));
  }

  void add_traces(const StreamInfo& stream) {
    visit_dense(episode_, stream, [&](const auto& reader) {
      auto ids = reader.column_ids();
      if (ids.size() > options_.most_traces) ids.resize(options_.most_traces);
      const auto rows = reader.find(from_, to_);
      if (rows.count == 0 || ids.empty()) return;
      // Of many rows, the least and the largest value of each of some pieces: peaks stay.
      const bool all = rows.count <= options_.most_points;
      const std::uint64_t piece = all ? 1 : (rows.count + options_.most_points / 2 - 1) / (options_.most_points / 2);
      std::vector<std::string> curves(ids.size());
      std::vector<Extremes> extremes(ids.size());
      std::uint64_t row = 0;
      for (const auto& part : reader.columns(ids).chunks(kReadAtOnceBytes, from_, to_))
        for (std::size_t i = 0; i < part.size(); ++i) {
          for (std::size_t k = 0; k < ids.size(); ++k)
            extremes[k].add(part.timesteps[i], static_cast<double>(part.row(i)[k]));
          if (++row % piece == 0 || row == rows.count)
            for (std::size_t k = 0; k < ids.size(); ++k) add_points(extremes[k], curves[k]);
        }
      Panel panel{.label = stream.name() + (stream.unit.empty() ? "" : " (" + stream.unit + ")"),
                  .settings = time_range(),
                  .axis = time_axis(),
                  .curves = {},
                  .data = {},
                  .has_key = ids.size() > 1};
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto title = ids.size() > 1 ? "title '" + std::to_string(ids[i]) + "'" : "notitle";
        panel.curves.push_back(fmt::format("'-' using 1:2 with lines lw 1.2 lc {} {}", i + 1, title));
        panel.data += curves[i] + "e\n";
      }
      panels_.push_back(std::move(panel));
    });
  }

  void add_points(Extremes& piece, std::string& curve) {
    for (const auto& [timestep, value] : piece.take()) {
      curve += std::isfinite(value) ? fmt::format("{} {}\n", time_of(timestep), value) : "\n";  // a gap in the line
      ++plot_.points;
    }
  }

  void add_rewards(const StreamInfo& stream) {
    Panel panel{.label = stream.unit.empty() ? "reward" : "reward (" + stream.unit + ")",
                .settings = time_range(),
                .axis = time_axis(),
                .curves = {"'-' using 1:2 with impulses lw 1.5 lc rgb '#b5541c' notitle"},
                .data = {}};
    for (const auto& part : episode_.rewards().chunks(kReadAtOnceBytes, from_, to_))
      for (std::size_t i = 0; i < part.size(); ++i) {
        panel.data += fmt::format("{} {}\n", time_of(part.timesteps[i]), part.values[i]);
        ++plot_.points;
      }
    if (panel.data.empty()) return;
    panel.data += "e\n";
    panels_.push_back(std::move(panel));
  }

  /// Events are lines through all panels of time.
  void find_events() {
    events_ = episode_.events();
    std::erase_if(events_, [&](const auto& event) { return event.timestep < from_ || event.timestep >= to_; });
    if (!panels_.empty()) plot_.events = events_.size();
  }

  /// \param named whether their types are written beside them, which many would make unreadable
  std::string marks(bool named) const {
    std::string text;
    for (const auto& event : events_) {
      const auto time = time_of(event.timestep);
      text +=
          fmt::format("set arrow from first {0}, graph 0 to first {0}, graph 1 nohead dt 2 lc rgb '#888888'\n", time);
      if (named)
        text += fmt::format("set label {} at first {}, graph 0.97 right rotate by 90 offset character -0.6,0\n",
                            gnuplot_string(event.type), time);
    }
    return text;
  }

  /// The return of every episode; of one there is no curve.
  void add_learning_curve() {
    const auto all = outcomes(run_);
    const bool any = std::any_of(all.begin(), all.end(), [](const auto& one) { return one.sum_of_rewards != 0; });
    if (all.size() < 2 || !any) return;
    Panel panel{.label = "return",
                .settings = fmt::format("set xrange [{}:{}]\n", static_cast<double>(all.front().number) - 0.5,
                                        static_cast<double>(all.back().number) + 0.5),
                .axis = "episode",
                .curves = {"'-' using 1:2 with linespoints pt 7 ps 0.4 lc rgb '#1f5fa8' notitle",
                           "'-' using 1:2 with points pt 6 ps 1.2 lc rgb '#b5541c' notitle"},
                .data = {},
                .is_of_time = false};
    for (const auto& one : all) {
      panel.data += fmt::format("{} {}\n", one.number, one.sum_of_rewards);
      ++plot_.points;
    }
    panel.data += fmt::format("e\n{} {}\ne\n", episode_.number(), outcome_of(episode_).sum_of_rewards);
    panels_.push_back(std::move(panel));
  }

  std::string terminal() const {
    const auto height = 150 + 170 * panels_.size();
    if (options_.format == "png") return fmt::format("set terminal pngcairo size 900,{} font 'Sans,10'\n", height);
    if (options_.format == "svg") return fmt::format("set terminal svg size 900,{} font 'Sans,12'\n", height);
    if (options_.format == "pdf")
      return fmt::format("set terminal pdfcairo size 18cm,{:.1f}cm font 'Sans,9'\n",
                         0.02 * static_cast<double>(height));
    return fmt::format("set terminal dumb size {},{}\n", options_.columns, options_.rows);
  }

  std::string script() const {
    std::string text = "set encoding utf8\n" + terminal();
    text += "set tics nomirror out\nset border 3\nset termoption noenhanced\nset lmargin 12\nset rmargin 10\n";
    text += fmt::format("set multiplot layout {},1 title {}\n", panels_.size(),
                        gnuplot_string(run_.name() + ", " + episode_.id() + ", " + episode_.status()));
    for (const auto& panel : panels_) {
      text += "unset arrow\nunset label\n";
      if (panel.is_of_time) text += marks(&panel == &panels_.front() && events_.size() <= kMostEventsWithText);
      text += panel.settings + "set ylabel " + gnuplot_string(panel.label) + "\n";
      text += "set xlabel " + gnuplot_string(panel.axis) + "\n";
      text += panel.has_key ? "set key outside right\n" : "unset key\n";
      text += fmt::format("plot {}\n", fmt::join(panel.curves, ", ")) + panel.data;
    }
    return text + "unset multiplot\n";
  }

  const Run& run_;
  const EpisodeReader& episode_;
  const PlotOptions& options_;
  std::int64_t from_ = 0, to_ = 0;
  bool timed_ = false;
  std::vector<Panel> panels_;
  std::vector<EventRecord> events_;
  Plot plot_;
};

}  // namespace

Plot plot(const Run& run, const EpisodeReader& episode, const PlotOptions& options) {
  return Figure(run, episode, options).draw();
}

}  // namespace neurotape::exchange
