#include "tools/diff_streams.hpp"

#include <algorithm>
#include <cmath>

namespace neurotape::tools {
namespace {

constexpr std::size_t kReadAtOnceBytes = 4'000'000;

/// Collects what differs in the values of one column, row by row.
class ColumnDifference {
 public:
  ColumnDifference(std::string name, double tolerance) : name_(std::move(name)), tolerance_(tolerance) {}

  template <class T>
  void compare(std::int64_t timestep, T a, T b) {
    if (is_same(a, b)) return;
    const double distance = std::abs(static_cast<double>(a) - static_cast<double>(b));
    if (tolerance_ > 0 && distance <= tolerance_) return;
    if (found_.values++ == 0) found_.timestep = timestep;
    if (std::isfinite(distance)) found_.largest = std::max(found_.largest, distance);
  }
  void add_to(std::vector<StreamDifference>& differences) {
    if (found_.values == 0) return;
    found_.how = name_ + " differ";
    differences.push_back(found_);
  }

 private:
  std::string name_;
  double tolerance_;
  StreamDifference found_;
};

/// Rows of dense streams, as many as both have.
template <class A, class B>
void compare_dense(const DenseReader<A>& a, const DenseReader<B>& b, double tolerance,
                   std::vector<StreamDifference>& differences) {
  ColumnDifference timesteps("timesteps", 0), values("values", tolerance);
  const auto width = static_cast<std::size_t>(a.shape().values());
  const std::uint64_t rows = std::min(a.rows(), b.rows());
  const std::uint64_t at_once = std::max<std::uint64_t>(1, kReadAtOnceBytes / (8 + width * sizeof(A)));
  for (std::uint64_t first = 0; first < rows; first += at_once) {
    const auto count = std::min(at_once, rows - first);
    const auto of_a = a.rows(first, count);
    const auto of_b = b.rows(first, count);
    for (std::size_t i = 0; i < of_a.size(); ++i) {
      timesteps.compare(of_a.timesteps[i], of_a.timesteps[i], of_b.timesteps[i]);
      for (std::size_t k = i * width; k < (i + 1) * width; ++k)
        values.compare(of_a.timesteps[i], of_a.values[k], of_b.values[k]);
    }
  }
  timesteps.add_to(differences);
  values.add_to(differences);
}

/// Parts of both, of equally many rows. \param compare gets two parts and how many rows
template <class Reader, class Compare>
void compare_parts(const Reader& a, const Reader& b, std::vector<StreamDifference>& differences, Compare compare) {
  ColumnDifference timesteps("timesteps", 0);
  auto parts_a = a.chunks(kReadAtOnceBytes), parts_b = b.chunks(kReadAtOnceBytes);
  auto of_a = parts_a.begin(), of_b = parts_b.begin();
  for (; of_a != parts_a.end() && of_b != parts_b.end(); ++of_a, ++of_b) {
    const std::size_t rows = std::min(of_a->size(), of_b->size());
    for (std::size_t i = 0; i < rows; ++i)
      timesteps.compare(of_a->timesteps[i], of_a->timesteps[i], of_b->timesteps[i]);
    compare(*of_a, *of_b, rows);
  }
  timesteps.add_to(differences);
}

template <class PartOfA, class A, class B>
void compare_column(ColumnDifference& column, const PartOfA& part, const A& a, const B& b, std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) column.compare(part.timesteps[i], a[i], b[i]);
}

void compare_spikes(const SpikeReader<>& a, const SpikeReader<>& b, double tolerance,
                    std::vector<StreamDifference>& differences) {
  ColumnDifference ids("neuron_ids", 0), times("times", tolerance);
  compare_parts(a, b, differences, [&](const auto& of_a, const auto& of_b, std::size_t rows) {
    compare_column(ids, of_a, of_a.neuron_ids, of_b.neuron_ids, rows);
    if (!of_a.times.empty() && !of_b.times.empty()) compare_column(times, of_a, of_a.times, of_b.times, rows);
  });
  ids.add_to(differences);
  times.add_to(differences);
}

template <class T>
void compare_changes(const WeightChangeReader<T>& a, const WeightChangeReader<T>& b, double tolerance,
                     std::vector<StreamDifference>& differences) {
  ColumnDifference ids("synapse_ids", 0), before("old_weights", tolerance), after("new_weights", tolerance);
  compare_parts(a, b, differences, [&](const auto& of_a, const auto& of_b, std::size_t rows) {
    compare_column(ids, of_a, of_a.synapse_ids, of_b.synapse_ids, rows);
    compare_column(before, of_a, of_a.old_weights, of_b.old_weights, rows);
    compare_column(after, of_a, of_a.new_weights, of_b.new_weights, rows);
  });
  for (auto* column : {&ids, &before, &after}) column->add_to(differences);
}

void compare_events(const EpisodeReader& a, const EpisodeReader& b, std::vector<StreamDifference>& differences) {
  const auto of_a = a.events(), of_b = b.events();
  StreamDifference found{.how = "events differ"};
  for (std::size_t i = 0; i < std::min(of_a.size(), of_b.size()); ++i) {
    if (of_a[i].timestep == of_b[i].timestep && of_a[i].type == of_b[i].type && of_a[i].data == of_b[i].data) continue;
    if (found.values++ == 0) found.timestep = of_a[i].timestep;
  }
  if (found.values != 0) differences.push_back(found);
}

/// What the streams say of themselves; only rows that can be compared are, later.
bool compare_descriptions(const StreamInfo& a, const StreamInfo& b, std::vector<StreamDifference>& differences) {
  const auto differ = [&](const char* what, const std::string& of_a, const std::string& of_b) {
    if (of_a != of_b) differences.push_back({.how = std::string(what) + ": " + of_a + " in A, " + of_b + " in B"});
    return of_a != of_b;
  };
  differ("unit", a.unit, b.unit);
  differ("rows", std::to_string(a.rows), std::to_string(b.rows));
  bool comparable = !differ("columns", std::to_string(a.columns.size()), std::to_string(b.columns.size()));
  for (std::size_t i = 0; comparable && i < a.columns.size(); ++i) {
    const std::string name = a.columns[i].name;
    differ((name + ", type").c_str(), std::string(dtype_name(a.columns[i].dtype)),
           std::string(dtype_name(b.columns[i].dtype)));
    comparable = !differ((name + ", shape").c_str(), a.columns[i].shape.to_string(), b.columns[i].shape.to_string()) &&
                 comparable;
  }
  return comparable;
}

}  // namespace

std::vector<StreamDifference> compare_streams(const EpisodeReader& a, const StreamInfo& of_a, const EpisodeReader& b,
                                              const StreamInfo& of_b, double tolerance) {
  std::vector<StreamDifference> differences;
  if (!compare_descriptions(of_a, of_b, differences)) return differences;
  const auto same_type = [&] { return of_a.columns.at(2).dtype == of_b.columns.at(2).dtype; };
  switch (of_a.kind) {
    case StreamKind::spikes:
      compare_spikes(a.spikes(of_a.name()), b.spikes(of_b.name()), tolerance, differences);
      break;
    case StreamKind::rewards: {
      ColumnDifference values("values", tolerance);
      compare_parts(a.rewards(), b.rewards(), differences, [&](const auto& x, const auto& y, std::size_t rows) {
        compare_column(values, x, x.values, y.values, rows);
      });
      values.add_to(differences);
      break;
    }
    case StreamKind::weight_changes:
      if (same_type())
        visit_weight_changes(a, of_a, [&]<class T>(const WeightChangeReader<T>& reader) {
          compare_changes(reader, b.weight_changes<T>(), tolerance, differences);
        });
      break;
    case StreamKind::events:
      compare_events(a, b, differences);
      break;
    default:
      if (of_a.columns.at(1).dtype == of_b.columns.at(1).dtype)
        visit_dense(a, of_a, [&]<class T>(const DenseReader<T>& reader) {
          visit_dense(b, of_b, [&]<class U>(const DenseReader<U>& other) {
            if constexpr (std::is_same_v<T, U>) compare_dense(reader, other, tolerance, differences);
          });
        });
  }
  return differences;
}

}  // namespace neurotape::tools
