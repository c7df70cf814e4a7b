#include "tests/fault/victim/recording.hpp"

#include <algorithm>
#include <limits>
#include <thread>

namespace neurotape::fault {

Recording::Recording(Experiment& experiment, Shape shape)
    : shape_(shape), episode_(experiment.start_episode({.seed = 7, .attributes = attributes_})) {
  for (int i = 0; i < shape_.streams; ++i) add_stream();
  spikes_.emplace(episode_.spikes("p"));
  rewards_.emplace(episode_.rewards());
  weights_.emplace(episode_.weight_changes());
  if (shape_.lanes > 1) make_lanes();
}

void Recording::add_stream() {
  const auto name = "v" + std::to_string(dense_.size());
  dense_.push_back(episode_.neural_state<float>(name, {shape_.width}, {.chunk_rows = shape_.chunk_rows}));
  first_.push_back(t_);
}

void Recording::set_attribute(const std::string& name, const nlohmann::json& value) {
  episode_.set_attribute(name, value);
  attributes_[name] = value;
}

void Recording::make_lanes() {
  const auto count = static_cast<std::size_t>(shape_.lanes);
  for (std::size_t i = 0; i < count; ++i) {
    const auto first = shape_.width * i / count;
    const auto columns = shape_.width * (i + 1) / count - first;
    lanes_.push_back({spikes_->lane(), dense_[0].columns(first, columns), first, columns});
  }
}

// Of the two neurons that fire in a timestep each has another lane; the lanes of the others hear that none fires.
void Recording::record_lane(std::size_t index, std::int64_t rows) {
  auto& lane = lanes_[index];
  std::vector<float> part(lane.columns);
  std::vector<std::uint32_t> fired;
  for (auto t = t_; t < t_ + rows; ++t) {
    for (std::size_t c = 0; c < part.size(); ++c) part[c] = value(t, 0, lane.first_column + c);
    lane.dense.record(t, part);
    fired.clear();
    for (const auto neuron : {t, t + 1})
      if (static_cast<std::size_t>(neuron) % lanes_.size() == index)
        fired.push_back(static_cast<std::uint32_t>(neuron));
    lane.spikes.record(t, fired);
  }
}

void Recording::record(std::int64_t rows) {
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < lanes_.size(); ++i) threads.emplace_back([this, i, rows] { record_lane(i, rows); });
  std::vector<float> row(shape_.width);
  for (auto t = t_; t < t_ + rows; ++t) {
    for (std::size_t s = lanes_.empty() ? 0 : 1; s < dense_.size(); ++s) {
      for (std::size_t c = 0; c < row.size(); ++c) row[c] = value(t, s, c);
      if (s == 0 && has_nan(t)) {
        row[0] = std::numeric_limits<float>::quiet_NaN();
        ++rejected_;
      }
      dense_[s].record(t, row);
    }
    if (lanes_.empty())
      spikes_->record(t, std::vector<std::uint32_t>{static_cast<std::uint32_t>(t), static_cast<std::uint32_t>(t + 1)});
    rewards_->record(t, static_cast<double>(t) / 4);
    weights_->record(t, static_cast<std::uint64_t>(t), static_cast<float>(t), static_cast<float>(t) / 2);
    if (t % 8 == 0) episode_.log_event("mark", t, {{"t", t}});
  }
  threads.clear();
  t_ += rows;
}

nlohmann::json Recording::rows() const {
  nlohmann::json rows = nlohmann::json::object();
  for (std::size_t s = 0; s < dense_.size(); ++s) rows["neural_states/v" + std::to_string(s)] = t_ - first_[s];
  if (!dense_.empty()) rows["neural_states/v0"] = t_ - rejected_;
  rows["spikes/p"] = 2 * t_;
  rows["rewards"] = rows["weight_changes"] = t_;
  rows["events"] = (t_ + 7) / 8;
  return {{"episode", episode_.number()}, {"rows", rows}, {"first", first_}};
}

nlohmann::json Recording::committed() const {
  const auto rows_until = [](const auto& stream, std::int64_t first) {
    return std::max<std::int64_t>(stream.committed_timestep(), first - 1) + 1 - first;
  };
  nlohmann::json rows = nlohmann::json::object();
  for (std::size_t s = 0; s < dense_.size(); ++s)
    rows["neural_states/v" + std::to_string(s)] = rows_until(dense_[s], first_[s]);
  if (lanes_.empty()) rows["spikes/p"] = 2 * rows_until(*spikes_, 0);  // a lane that rests is not waited for
  rows["rewards"] = rows_until(*rewards_, 0);
  rows["weight_changes"] = rows_until(*weights_, 0);
  return {{"episode", episode_.number()}, {"rows", rows}, {"first", first_}};
}

}  // namespace neurotape::fault
