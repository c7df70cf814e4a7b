/// \file
/// From what the user asks for to the columns and rules of a stream.

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "recorder/episode_state.hpp"
#include "recorder/names.hpp"

namespace neurotape::detail {
namespace {

// Which options a kind of stream has, beside codec, chunk_rows and overflow.
struct Applicable {
  bool unit = false, every = false, population_size = false, times = false, columns = false;
  Dtype rounded = Dtype::i64;  // what keep_bits and absolute_error round
};

class Checker {
 public:
  Checker(const EpisodeCore& episode, std::string stream) : where_(episode.context()) {
    where_.stream = std::move(stream);
  }

  [[noreturn]] void refuse(ErrorCode code, const std::string& why) const { throw Error(code, why, where_); }
  void options(const StreamOptions& options, const Applicable& kind) const {
    const auto only = [&](bool given, bool applies, std::string_view name) {
      if (given && !applies)
        refuse(ErrorCode::invalid_argument, fmt::format("the option {} does not apply to this kind of stream", name));
    };
    only(!options.unit.empty(), kind.unit, "unit");
    only(options.every != 0, kind.every, "every");
    only(options.population_size != 0, kind.population_size, "population_size");
    only(options.times, kind.times, "times");
    only(!options.columns.empty(), kind.columns, "columns");
    only(options.overflow == Overflow::decimate, kind.every, "Overflow::decimate");
    if (options.every < 0)
      refuse(ErrorCode::invalid_argument, fmt::format("every: expected at least 1, got {}", options.every));
    if (options.layout != Layout::rows) refuse(ErrorCode::unsupported, "layout: this version has Layout::rows only");
    precision(options, mantissa_bits(kind.rounded));
  }

 private:
  void precision(const StreamOptions& options, int bits) const {
    const int keep = options.keep_bits;
    const double error = options.absolute_error;
    if (keep == 0 && error == 0) return;
    if (bits == 0)
      refuse(ErrorCode::invalid_argument,
             "keep_bits and absolute_error are for floating-point values of dense streams and weights");
    if (keep != 0 && error != 0)
      refuse(ErrorCode::invalid_argument, "keep_bits and absolute_error: expected one of them");
    if (keep < 0 || keep > bits)
      refuse(ErrorCode::invalid_argument, fmt::format("keep_bits: expected 1 to {}, got {}", bits, keep));
    if (keep == 0 && !(error > 0 && std::isfinite(error)))
      refuse(ErrorCode::invalid_argument, fmt::format("absolute_error: expected a number above 0, got {}", error));
  }

  ErrorContext where_;
};

StreamRules rules_for(const EpisodeCore& episode, const StreamOptions& options, bool dense) {
  StreamRules rules;
  rules.dense = dense;
  rules.codec = options.codec.value_or(episode.defaults.codec);
  rules.chunk_rows = options.chunk_rows;
  rules.precision = {options.keep_bits, options.absolute_error};
  rules.validate = episode.defaults.validate;
  rules.overflow = options.overflow.value_or(episode.defaults.overflow);
  if (!dense && rules.overflow == Overflow::decimate) rules.overflow = Overflow::drop_newest;
  return rules;
}

void require_chunk_rows(const Checker& check, const EpisodeCore& episode, const StreamSpec& spec,
                        std::uint64_t chunk_rows) {
  std::uint64_t widest = 1;
  for (const auto& column : spec.columns) widest = std::max(widest, column.row_bytes());
  const std::uint64_t most = episode.parts->buffers.budget_bytes() / 4;  // far below HDF5's limit of 4 GiB
  if (chunk_rows > 1 && chunk_rows > most / widest)
    check.refuse(ErrorCode::memory_cap,
                 fmt::format("chunk_rows: expected at most {} rows of {} bytes under this memory_cap, got {}",
                             std::max<std::uint64_t>(1, most / widest), widest, chunk_rows));
}

LaneHandle declare(EpisodeCore& episode, const Checker& check, StreamSpec spec, StreamRules rules,
                   const StreamOptions& options) {
  if (!options.unit.empty()) spec.attributes["unit"] = options.unit;
  spec.attributes["codec"] = rules.codec.to_string();
  if (options.keep_bits != 0) spec.attributes["keep_bits"] = options.keep_bits;
  if (options.absolute_error != 0) spec.attributes["absolute_error"] = options.absolute_error;
  require_chunk_rows(check, episode, spec, rules.chunk_rows);
  return episode.declare(std::move(spec), std::move(rules));
}

StreamSpec sparse_spec(std::string path, std::vector<ColumnSpec> columns) {
  StreamSpec spec;
  spec.path = std::move(path);
  spec.columns = std::move(columns);
  spec.columns.insert(spec.columns.begin(), ColumnSpec{"timesteps", Dtype::i64});
  return spec;
}

}  // namespace

LaneHandle declare_dense(EpisodeState& state, std::string_view group, std::string_view name, Dtype dtype,
                         const Shape& shape, const StreamOptions& options) {
  EpisodeCore& episode = *state.core;
  require_name("stream", name, episode.context());
  const Checker check(episode, fmt::format("{}/{}", group, name));
  check.options(options, {.unit = true, .every = true, .columns = true, .rounded = dtype});
  if (shape.rank() > 16)
    check.refuse(ErrorCode::wrong_shape, fmt::format("expected at most 16 dimensions, got {}", shape.rank()));
  StreamRules rules = rules_for(episode, options, true);
  const bool neural = group == "neural_states";
  rules.every = options.every != 0 ? options.every : neural ? episode.defaults.neural_sampling_rate : 1;
  rules.source_values = shape.values();
  rules.selected_columns = options.columns.ids();
  constexpr std::uint64_t kMost = std::uint64_t{1} << 40;
  const auto& lengths = shape.dimensions();
  if (rules.source_values > kMost || std::any_of(lengths.begin(), lengths.end(), [](auto n) { return n > kMost; }))
    check.refuse(ErrorCode::wrong_shape, fmt::format("a row of shape {} is too large", shape.to_string()));

  ColumnSpec values{"values", dtype, shape.dimensions()};
  if (!rules.selected_columns.empty()) {
    if (shape.rank() != 1) check.refuse(ErrorCode::invalid_argument, "the option columns needs rows of one dimension");
    const auto last = std::max_element(rules.selected_columns.begin(), rules.selected_columns.end());
    if (*last >= rules.source_values)
      check.refuse(ErrorCode::out_of_range,
                   fmt::format("columns: expected numbers below {}, got {}", rules.source_values, *last));
    values.shape = {rules.selected_columns.size()};
  }
  StreamSpec spec = sparse_spec(fmt::format("{}/{}", group, name), {std::move(values)});
  spec.attributes["every"] = rules.every;
  spec.selected_columns = rules.selected_columns;
  return declare(episode, check, std::move(spec), std::move(rules), options);
}

LaneHandle declare_spikes(EpisodeState& state, std::string_view population, Dtype id_type,
                          const StreamOptions& options) {
  EpisodeCore& episode = *state.core;
  require_name("population", population, episode.context());
  const Checker check(episode, fmt::format("spikes/{}", population));
  check.options(options, {.population_size = true, .times = true});
  StreamRules rules = rules_for(episode, options, false);
  rules.id_limit = options.population_size;
  StreamSpec spec = sparse_spec(fmt::format("spikes/{}", population), {{"neuron_ids", id_type}});
  if (options.times) spec.columns.push_back({"times", Dtype::f64});
  if (options.population_size != 0) spec.attributes["population_size"] = options.population_size;
  return declare(episode, check, std::move(spec), std::move(rules), options);
}

LaneHandle declare_rewards(EpisodeState& state, const StreamOptions& options) {
  EpisodeCore& episode = *state.core;
  const Checker check(episode, "rewards");
  check.options(options, {.unit = true});
  StreamRules rules = rules_for(episode, options, false);
  rules.sum_values = true;
  return declare(episode, check, sparse_spec("rewards", {{"values", Dtype::f64}}), std::move(rules), options);
}

LaneHandle declare_weight_changes(EpisodeState& state, Dtype weight_type, const StreamOptions& options) {
  EpisodeCore& episode = *state.core;
  const Checker check(episode, "weight_changes");
  check.options(options, {.unit = true, .rounded = weight_type});
  StreamSpec spec = sparse_spec(
      "weight_changes", {{"synapse_ids", Dtype::u64}, {"old_weights", weight_type}, {"new_weights", weight_type}});
  return declare(episode, check, std::move(spec), rules_for(episode, options, false), options);
}

LaneHandle declare_events(EpisodeState& state) {
  ColumnSpec types{"types"};
  types.text_bytes = kEventTypeBytes;
  const Checker check(*state.core, "events");
  return declare(*state.core, check, sparse_spec("events", {std::move(types), {"data_end", Dtype::u64}}),
                 rules_for(*state.core, {}, false), {});
}

LaneHandle declare_event_bytes(EpisodeState& state) {
  StreamSpec spec;
  spec.path = "events";
  spec.columns = {{"data", Dtype::u8}};
  spec.has_timesteps = false;
  const Checker check(*state.core, "events/data");
  return declare(*state.core, check, std::move(spec), rules_for(*state.core, {}, false), {});
}

}  // namespace neurotape::detail
