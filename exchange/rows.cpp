#include "exchange/rows.hpp"

#include <array>
#include <cmath>

namespace neurotape::exchange {
namespace {

constexpr std::size_t kReadAtOnceBytes = 4'000'000;

template <class T>
RowLayout dense_layout(const DenseReader<T>& reader) {
  RowLayout layout{{"timestep"}, 1, reader.shape().rank() == 0};
  if (layout.scalar) {
    layout.names.emplace_back("value");
  } else {
    for (const auto id : reader.column_ids()) layout.names.push_back(std::to_string(id));
  }
  return layout;
}

template <class Reader>
auto parts_of(const Reader& reader, const RowChoice& choice) {
  return choice.has_range() ? reader.chunks(kReadAtOnceBytes, choice.from, choice.to) : reader.chunks(kReadAtOnceBytes);
}

template <class T>
void read_dense(const DenseReader<T>& reader, const RowChoice& choice, RowSink& sink) {
  sink.begin(dense_layout(reader));
  for (const auto& part : parts_of(reader, choice))
    for (std::size_t i = 0; i < part.size(); ++i) {
      put_number(sink, part.timesteps[i]);
      for (const T value : part.row(i)) put_number(sink, value);
      if (!sink.end_row()) return;
    }
}

/// \param fields puts the fields of a row but its timestep
template <class Reader, class Fields>
void read_sparse(const Reader& reader, std::vector<std::string> names, const RowChoice& choice, RowSink& sink,
                 Fields fields) {
  names.insert(names.begin(), "timestep");
  const std::size_t size = names.size();
  sink.begin({std::move(names), size});
  for (const auto& part : parts_of(reader, choice))
    for (std::size_t i = 0; i < part.size(); ++i) {
      put_number(sink, part.timesteps[i]);
      fields(part, i);
      if (!sink.end_row()) return;
    }
}

void read_spikes(const EpisodeReader& episode, const StreamInfo& stream, const RowChoice& choice, RowSink& sink) {
  auto reader = episode.spikes(stream.name());
  if (choice.ids) reader = reader.of(*choice.ids);
  const bool timed = stream.columns.size() > 2;
  std::vector<std::string> names{"neuron_id"};
  if (timed) names.emplace_back("time");
  read_sparse(reader, std::move(names), choice, sink, [&](const auto& part, std::size_t i) {
    put_number(sink, part.neuron_ids[i]);
    if (timed) put_number(sink, part.times[i]);
  });
}

void read_weight_changes(const EpisodeReader& episode, const StreamInfo& stream, const RowChoice& choice,
                         RowSink& sink) {
  visit_weight_changes(episode, stream, [&](auto reader) {
    if (choice.ids) reader = reader.of(*choice.ids);
    read_sparse(reader, {"synapse_id", "old_weight", "new_weight"}, choice, sink, [&](const auto& part, std::size_t i) {
      put_number(sink, part.synapse_ids[i]);
      put_number(sink, part.old_weights[i]);
      put_number(sink, part.new_weights[i]);
    });
  });
}

void read_events(const EpisodeReader& episode, const RowChoice& choice, RowSink& sink) {
  sink.begin({{"timestep", "type", "data"}, 3});
  for (const auto& event : episode.events()) {
    const detail::TimeRange wanted{choice.from, choice.to};
    if (choice.has_range() && !wanted.contains(event.timestep)) continue;
    put_number(sink, event.timestep);
    sink.text(event.type);
    sink.json(event.data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    if (!sink.end_row()) return;
  }
}

void refuse_ids(const StreamInfo& stream, const RowChoice& choice) {
  if (choice.ids)
    throw Error(ErrorCode::invalid_argument, "rows of " + stream.path + " have no ids to choose by",
                {.stream = stream.path});
}

}  // namespace

void read_rows(const EpisodeReader& episode, const StreamInfo& stream, const RowChoice& choice, RowSink& sink) {
  switch (stream.kind) {
    case StreamKind::spikes:
      read_spikes(episode, stream, choice, sink);
      break;
    case StreamKind::weight_changes:
      read_weight_changes(episode, stream, choice, sink);
      break;
    case StreamKind::rewards:
      refuse_ids(stream, choice);
      read_sparse(episode.rewards(), {"value"}, choice, sink,
                  [&](const auto& part, std::size_t i) { put_number(sink, part.values[i]); });
      break;
    case StreamKind::events:
      refuse_ids(stream, choice);
      read_events(episode, choice, sink);
      break;
    default:
      visit_dense(episode, stream, [&](const auto& reader) {
        read_dense(choice.ids ? reader.columns(*choice.ids) : reader, choice, sink);
      });
  }
  sink.end();
}

}  // namespace neurotape::exchange
