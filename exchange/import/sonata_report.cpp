#include "exchange/import/sonata_report.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <neurotape/array.hpp>
#include <neurotape/error.hpp>
#include <neurotape/loaded.hpp>
#include <set>

#include "exchange/import/record_dataset.hpp"
#include "exchange/import/sonata_spikes.hpp"
#include "exchange/import/streams.hpp"
#include "exchange/import/times.hpp"

namespace neurotape::exchange {
namespace {

/// Under the name that the format has now, or one that it had.
h5::Source open_either(const h5::Source& mapping, const std::string& name, const std::string& before) {
  return mapping.open(!mapping.has(name) && mapping.has(before) ? before : name);
}

std::vector<std::uint64_t> read_ids(const h5::Source& dataset) {
  dataset.expect_rank(1);
  return dataset.read_all<std::uint64_t>();
}

/// The node of each column: node i has the columns from pointer i on, before pointer i + 1.
std::vector<std::uint64_t> nodes_of_columns(const h5::Source& mapping, std::uint64_t columns) {
  const auto nodes = read_ids(open_either(mapping, "node_ids", "gids"));
  const auto source = open_either(mapping, "index_pointers", "index_pointer");
  auto first = read_ids(source);
  if (first.size() == nodes.size()) first.push_back(columns);  // old files leave the end out
  if (first.size() != nodes.size() + 1 || first.back() != columns || !std::is_sorted(first.begin(), first.end()))
    source.fail(ErrorCode::wrong_shape,
                fmt::format("expected {} ascending numbers that end with {}, the number of columns", nodes.size() + 1,
                            columns));
  std::vector<std::uint64_t> node_of(static_cast<std::size_t>(columns));
  for (std::size_t i = 0; i < nodes.size(); ++i)
    std::fill(node_of.begin() + static_cast<std::ptrdiff_t>(first[i]),
              node_of.begin() + static_cast<std::ptrdiff_t>(first[i + 1]), nodes[i]);
  return node_of;
}

}  // namespace

SonataReport::SonataReport(const h5::Source& group, std::string name)
    : data_(group.open("data")), name_(std::move(name)) {
  data_.expect_rank(2);
  data_.expect_numbers();
  const auto mapping = group.open("mapping"), time = mapping.open("time");
  const auto values = time.read_all<double>();
  if (values.size() != 3 || !(values[2] > 0) || !is_in_range(values[0], values[2]))
    time.fail(ErrorCode::wrong_shape, "expected three numbers: start, stop, and a dt above 0");
  start_ = values[0];
  stop_ = values[1];
  dt_ = values[2];
  time_unit_ = time_unit(time);
  const auto columns = data_.shape()[1];
  node_ids_ = nodes_of_columns(mapping, columns);
  const auto elements = open_either(mapping, "element_ids", "element_id");
  element_ids_ = read_ids(elements);
  if (element_ids_.size() != columns)
    elements.fail(ErrorCode::wrong_shape,
                  fmt::format("expected {} ids, one for each column, got {}", columns, element_ids_.size()));
}

bool SonataReport::is_of_nodes() const {
  const std::set<std::uint64_t> different(node_ids_.begin(), node_ids_.end());
  return different.size() == node_ids_.size() &&
         std::all_of(element_ids_.begin(), element_ids_.end(), [](auto id) { return id == 0; });
}

void SonataReport::record(double dt, Episode& episode, NewRun& run) const {
  const auto every = timestep_of(dt_, dt);
  if (every < 1 || !is_on_a_step(dt_, dt))
    data_.fail(ErrorCode::invalid_argument,
               fmt::format("its rows are {} apart, which is no multiple of the timestep {}", dt_, dt));
  const StreamPath path{StreamKind::neural_state, name_};
  const auto first = timestep_of(start_, dt);
  if (!is_on_a_step(start_, dt)) run.note(fmt::format("{} starts between timesteps, at {}", path.text(), start_));
  if (std::abs((stop_ - start_) / dt_ - static_cast<double>(data_.rows())) > 1)
    run.note(fmt::format("{} has {} rows, where its mapping/time has {}", path.text(), data_.rows(),
                         std::round((stop_ - start_) / dt_)));
  DenseLayout layout{.shape = data_.shape_of_row(), .unit = data_.text("units")};
  if (is_of_nodes() && !are_counted(node_ids_)) layout.columns = node_ids_;
  if (first % every == 0) layout.every = every;
  visit_dtype(data_.expect_numbers(), [&]<class T>(T) {
    DenseWriter<T> writer(episode, path, layout);
    record_dataset(data_, writer, first, every);
  });
  run.count(path.text(), data_.rows());
}

}  // namespace neurotape::exchange
