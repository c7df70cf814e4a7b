#include <algorithm>
#include <cctype>
#include <cmath>
#include <fmt/format.h>

#include "artifacts/gnuplot.hpp"
#include "backends/io/new_file.hpp"
#include "neurotape/metrics.hpp"
#include "recorder/threads.hpp"

namespace neurotape {
namespace {

constexpr int kWidth = 900;
constexpr int kPanelHeight = 300;

std::string lower(std::string_view text) {
  std::string all(text);
  std::transform(all.begin(), all.end(), all.begin(), [](unsigned char c) { return std::tolower(c); });
  return all;
}

/// "lr" as a word of its own: "lr", "lr_encoder", "head_lr".
bool has_word(const std::string& name, std::string_view word) {
  for (auto at = name.find(word); at != name.npos; at = name.find(word, at + 1)) {
    const bool begins = at == 0 || std::isalnum(static_cast<unsigned char>(name[at - 1])) == 0;
    const auto behind = at + word.size();
    const bool ends = behind == name.size() || std::isalnum(static_cast<unsigned char>(name[behind])) == 0;
    if (begins && ends) return true;
  }
  return false;
}

struct Curve {
  std::string name;
  std::vector<double> values;
};

struct Panel {
  std::string title;
  std::vector<Curve> curves;
};

std::vector<Panel> panels_of(const MetricsFrame& table) {
  std::vector<Panel> panels{{"loss", {}}, {"accuracy", {}}, {"learning rate", {}}};
  for (const auto& column : table.columns()) {
    if (column.type != CellType::real && column.type != CellType::integer) continue;
    const auto name = lower(column.name);
    Panel* const panel = name.find("loss") != name.npos                                    ? &panels[0]
                         : name.find("acc") != name.npos                                   ? &panels[1]
                         : has_word(name, "lr") || name.find("learning_rate") != name.npos ? &panels[2]
                                                                                           : nullptr;
    if (panel == nullptr) continue;
    auto values = table.numbers(column.name);
    if (std::any_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); }))
      panel->curves.push_back({column.name, std::move(values)});
  }
  std::erase_if(panels, [](const Panel& panel) { return panel.curves.empty(); });
  return panels;
}

std::vector<double> epochs_of(const MetricsFrame& table) {
  if (table.contains("epoch")) return table.numbers("epoch");
  std::vector<double> numbers(table.rows());
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<double>(i + 1);
  return numbers;
}

std::string script_of(const std::vector<Panel>& panels, const std::vector<double>& epochs, std::string_view terminal) {
  std::string script = fmt::format("set terminal {} noenhanced size {},{}\n", terminal, kWidth,
                                   kPanelHeight * static_cast<int>(panels.size()));
  script += fmt::format(
      "set multiplot layout {},1\nset grid\nset key outside right\nset lmargin 12\nset rmargin 32\n"
      "set offsets graph 0, 0, 0.05, 0.05\nset xlabel 'epoch'\n",
      panels.size());
  for (const auto& panel : panels) {
    script += fmt::format("set ylabel {}\n$data << END\n", artifacts::gnuplot_string(panel.title));
    for (std::size_t i = 0; i < epochs.size(); ++i) {
      script += fmt::format("{}", epochs[i]);
      for (const auto& curve : panel.curves)
        script += std::isfinite(curve.values[i]) ? fmt::format(" {}", curve.values[i]) : " NaN";
      script += '\n';
    }
    script += "END\nplot ";
    for (std::size_t c = 0; c < panel.curves.size(); ++c)
      script += fmt::format("{}$data using 1:{} with linespoints linewidth 2 pointtype 7 pointsize 0.4 title {}",
                            c == 0 ? "" : ", ", c + 2, artifacts::gnuplot_string(panel.curves[c].name));
    script += '\n';
  }
  return script + "unset multiplot\n";
}

}  // namespace

void draw_training_curves(const std::filesystem::path& table, const std::filesystem::path& picture,
                          Durability durability) {
  const auto kind = picture.extension();
  if (kind != ".png" && kind != ".svg")
    throw Error(ErrorCode::invalid_argument, fmt::format("a picture ends in .png or .svg, not in '{}'", kind.string()),
                {.path = picture.string()});
  const auto frame = read_metrics(table);
  const auto panels = panels_of(frame);
  if (panels.empty())
    throw Error(ErrorCode::not_found, "no column has 'loss', 'acc', 'lr' or 'learning_rate' in its name, and numbers",
                {.path = table.string()});
  const auto drawn = artifacts::run_gnuplot(script_of(panels, epochs_of(frame), kind == ".png" ? "pngcairo" : "svg"));
  const NoSignal no_signal(SIGXFSZ);
  io::replace_file(picture, drawn, durability == Durability::power);
}

}  // namespace neurotape
