#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "neurotape/metrics.hpp"

namespace neurotape {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// The mean of those that are finite; NaN where none is.
double mean_of(std::span<const double> values) {
  double sum = 0;
  std::size_t count = 0;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    sum += value;
    ++count;
  }
  return count == 0 ? kNone : sum / static_cast<double>(count);
}

std::vector<double> squeezed(std::span<const double> values, std::size_t width) {
  const std::size_t count = std::min(values.size(), width);
  std::vector<double> means(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t from = i * values.size() / count, to = (i + 1) * values.size() / count;
    means[i] = mean_of(values.subspan(from, to - from));
  }
  return means;
}

}  // namespace

std::string spark_line(std::span<const double> values, std::size_t width) {
  constexpr std::array<const char*, 8> kBars{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const auto means = squeezed(values, width);
  double lowest = std::numeric_limits<double>::infinity(), highest = -lowest;
  for (const double value : means) {
    if (std::isnan(value)) continue;
    lowest = std::min(lowest, value);
    highest = std::max(highest, value);
  }
  std::string line;
  for (const double value : means) {
    const double height = highest > lowest ? (value - lowest) / (highest - lowest) : 0.0;
    line += std::isnan(value) ? " " : kBars[static_cast<std::size_t>(std::lround(height * (kBars.size() - 1)))];
  }
  return line;
}

}  // namespace neurotape
