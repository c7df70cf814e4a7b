#include <algorithm>
#include <fmt/format.h>
#include <numeric>

#include "neurotape/evaluation.hpp"
#include "recorder/names.hpp"

namespace neurotape {
namespace {

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

ConfusionMatrix::ConfusionMatrix(std::vector<std::string> labels)
    : labels_(std::move(labels)), counts_(labels_.size() * labels_.size()) {
  if (labels_.empty()) throw Error(ErrorCode::invalid_argument, "a set of no classes");
  for (const auto& label : labels_) require_text("label", label);
  for (const auto& label : labels_)
    if (label.empty() || std::count(labels_.begin(), labels_.end(), label) != 1)
      throw Error(ErrorCode::invalid_name, fmt::format("label '{}' is empty, or that of another class", label));
}

ConfusionMatrix::ConfusionMatrix(std::vector<std::string> labels, const std::vector<std::vector<std::uint64_t>>& counts)
    : ConfusionMatrix(std::move(labels)) {
  if (counts.size() != classes())
    throw Error(ErrorCode::wrong_shape, fmt::format("expected {} rows of counts, got {}", classes(), counts.size()));
  for (std::size_t row = 0; row < classes(); ++row) {
    if (counts[row].size() != classes())
      throw Error(ErrorCode::wrong_shape,
                  fmt::format("row '{}': expected {} counts, got {}", labels_[row], classes(), counts[row].size()));
    for (std::size_t column = 0; column < classes(); ++column) add(row, column, counts[row][column]);
  }
}

std::size_t ConfusionMatrix::place_of(std::size_t true_class, std::size_t predicted_class) const {
  const auto largest = std::max(true_class, predicted_class);
  if (largest >= classes())
    throw Error(ErrorCode::out_of_range, fmt::format("there is no class {}: there are {}", largest, classes()));
  return true_class * classes() + predicted_class;
}

void ConfusionMatrix::add(std::size_t true_class, std::size_t predicted_class, std::uint64_t samples) {
  counts_[place_of(true_class, predicted_class)] += samples;
}

std::uint64_t ConfusionMatrix::count(std::size_t true_class, std::size_t predicted_class) const {
  return counts_[place_of(true_class, predicted_class)];
}

std::uint64_t ConfusionMatrix::total() const noexcept {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

std::uint64_t ConfusionMatrix::true_count(std::size_t of_class) const {
  std::uint64_t sum = 0;
  for (std::size_t other = 0; other < classes(); ++other) sum += count(of_class, other);
  return sum;
}

std::uint64_t ConfusionMatrix::predicted_count(std::size_t of_class) const {
  std::uint64_t sum = 0;
  for (std::size_t other = 0; other < classes(); ++other) sum += count(other, of_class);
  return sum;
}

double ConfusionMatrix::accuracy() const {
  std::uint64_t correct = 0;
  for (std::size_t each = 0; each < classes(); ++each) correct += count(each, each);
  return share(correct, total());
}

double ConfusionMatrix::precision(std::size_t of_class) const {
  return share(count(of_class, of_class), predicted_count(of_class));
}

double ConfusionMatrix::recall(std::size_t of_class) const {
  return share(count(of_class, of_class), true_count(of_class));
}

double ConfusionMatrix::f1(std::size_t of_class) const {
  return share(2 * count(of_class, of_class), true_count(of_class) + predicted_count(of_class));
}

double ConfusionMatrix::macro_f1() const {
  double sum = 0;
  for (std::size_t each = 0; each < classes(); ++each) sum += f1(each);
  return classes() == 0 ? 0.0 : sum / static_cast<double>(classes());
}

std::size_t ConfusionMatrix::class_of(std::string_view label) const {
  const auto found = std::find(labels_.begin(), labels_.end(), label);
  if (found == labels_.end()) throw Error(ErrorCode::not_found, fmt::format("there is no class '{}'", label));
  return static_cast<std::size_t>(found - labels_.begin());
}

}  // namespace neurotape
