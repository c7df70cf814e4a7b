#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <numeric>

#include "artifacts/map_source.hpp"

namespace neurotape {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// Places of the k largest values; NaN is smaller than any, and of equal ones the first count.
std::vector<std::size_t> top_places(std::span<const float> values, std::size_t k) {
  std::vector<std::size_t> places(values.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  const auto key = [&](std::size_t i) {
    return std::isnan(values[i]) ? -std::numeric_limits<float>::infinity() : values[i];
  };
  const auto before = [&](std::size_t a, std::size_t b) { return key(a) != key(b) ? key(a) > key(b) : a < b; };
  std::nth_element(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(k), places.end(), before);
  places.resize(k);
  std::sort(places.begin(), places.end());
  return places;
}

double overlap(std::span<const float> a, std::span<const float> b, std::size_t top_k) {
  const auto asked = top_k == 0 ? std::max<std::size_t>(1, a.size() / 100) : top_k;
  const auto k = std::min(asked, a.size());
  if (k == a.size()) return 1;
  const auto top_a = top_places(a, k), top_b = top_places(b, k);
  std::vector<std::size_t> both;
  std::set_intersection(top_a.begin(), top_a.end(), top_b.begin(), top_b.end(), std::back_inserter(both));
  return static_cast<double>(both.size()) / static_cast<double>(k);
}

double mean_of(std::span<const float> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double correlation(std::span<const float> a, std::span<const float> b) {
  const double mean_a = mean_of(a), mean_b = mean_of(b);
  double products = 0, squares_a = 0, squares_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = a[i] - mean_a, y = b[i] - mean_b;
    products += x * y;
    squares_a += x * x;
    squares_b += y * y;
  }
  return squares_a == 0 || squares_b == 0 ? kNone : products / std::sqrt(squares_a * squares_b);
}

/// Two NaNs at one place do not differ; a NaN and a number do, by NaN.
double distance(float a, float b) {
  return a == b || (std::isnan(a) && std::isnan(b)) ? 0.0 : std::abs(static_cast<double>(a) - b);
}

MapDifference compare(const AttentionMap& one, const AttentionMap& other, std::size_t top_k) {
  if (one.shape() != other.shape())
    throw Error(ErrorCode::wrong_shape, fmt::format("map '{}' has the shape {} on one side and {} on the other",
                                                    one.file_id, one.shape().to_string(), other.shape().to_string()));
  const auto a = one.values.values<float>(), b = other.values.values<float>();
  MapDifference found;
  found.file_id = one.file_id;
  found.equal = one.values == other.values;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double away = distance(a[i], b[i]);
    found.largest = std::isnan(away) || std::isnan(found.largest) ? kNone : std::max(found.largest, away);
    found.mean += away / static_cast<double>(a.size());
  }
  found.correlation = correlation(a, b);
  found.top_overlap = overlap(a, b, top_k);
  return found;
}

/// The mean of one member over the maps that have it.
double mean_of(const std::vector<MapDifference>& maps, double MapDifference::*member) {
  double sum = 0;
  std::size_t count = 0;
  for (const auto& map : maps) {
    if (std::isnan(map.*member)) continue;
    sum += map.*member;
    ++count;
  }
  return count == 0 ? kNone : sum / static_cast<double>(count);
}

}  // namespace

AttentionDifference compare_attention_maps(const std::filesystem::path& a, const std::filesystem::path& b,
                                           std::size_t top_k, const RunOptions& how) {
  const auto one = artifacts::open_maps(a, how), other = artifacts::open_maps(b, how);
  const auto &ids = one->file_ids(), &others = other->file_ids();
  AttentionDifference found;
  std::set_difference(ids.begin(), ids.end(), others.begin(), others.end(), std::back_inserter(found.only_in_a));
  std::set_difference(others.begin(), others.end(), ids.begin(), ids.end(), std::back_inserter(found.only_in_b));
  std::vector<std::string> both;
  std::set_intersection(ids.begin(), ids.end(), others.begin(), others.end(), std::back_inserter(both));
  double values = 0, sum = 0;
  for (const auto& id : both) {
    const auto map = one->load(id);
    found.maps.push_back(compare(map, other->load(id), top_k));
    const auto& last = found.maps.back();
    found.largest =
        std::isnan(last.largest) || std::isnan(found.largest) ? kNone : std::max(found.largest, last.largest);
    values += static_cast<double>(map.values.size());
    sum += last.mean * static_cast<double>(map.values.size());
  }
  found.equal = found.only_in_a.empty() && found.only_in_b.empty() &&
                std::all_of(found.maps.begin(), found.maps.end(), [](const auto& map) { return map.equal; });
  found.mean = values == 0 ? 0 : sum / values;
  found.correlation = mean_of(found.maps, &MapDifference::correlation);
  found.top_overlap = mean_of(found.maps, &MapDifference::top_overlap);
  return found;
}

}  // namespace neurotape
