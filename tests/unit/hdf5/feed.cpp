#include "feed.hpp"

#include <fmt/format.h>

namespace neurotape::testing {
namespace {

std::uint64_t product(const std::vector<std::uint64_t>& dimensions) {
  std::uint64_t all = 1;
  for (auto dimension : dimensions) all *= dimension;
  return all;
}

template <class T>
void put(std::byte*& to, T value) {
  std::memcpy(to, &value, sizeof value);
  to += sizeof value;
}

void put_value(std::byte*& to, const ColumnSpec& column, std::uint64_t number, std::uint64_t row) {
  if (column.text_bytes != 0) {
    const auto text = fmt::format("event_{}", row);
    std::memcpy(to, text.data(), text.size());
    to += column.text_bytes;
    return;
  }
  const auto small = number % 251;
  switch (column.dtype) {
    case Dtype::f32:
      return put(to, static_cast<float>(number) * 0.5F);
    case Dtype::f64:
      return put(to, static_cast<double>(number) * 0.5);
    case Dtype::i64:
      return put(to, static_cast<std::int64_t>(row) * 3);
    case Dtype::u64:
      return put(to, row + 1);
    case Dtype::u32:
      return put(to, static_cast<std::uint32_t>(number * 7 % 1000));
    case Dtype::boolean:
      return put(to, static_cast<std::uint8_t>(number % 2));
    default:
      return put(to, static_cast<std::uint8_t>(small));
  }
}

ColumnSpec column(std::string name, Dtype dtype) {
  ColumnSpec column;
  column.name = std::move(name);
  column.dtype = dtype;
  return column;
}

ColumnSpec timesteps() { return column("timesteps", Dtype::i64); }

StreamSpec stream(std::string path, std::vector<ColumnSpec> columns) {
  StreamSpec stream;
  stream.path = std::move(path);
  stream.columns = std::move(columns);
  return stream;
}

}  // namespace

Feed::Feed(StreamId id, StreamSpec spec, std::uint64_t chunk_rows, const CodecLibrary& codecs, Codec codec)
    : id_(id), spec_(std::move(spec)), pushed_(spec_.columns.size(), 0) {
  for (const auto& column : spec_.columns) {
    ColumnLayout layout{.chunk_rows = chunk_rows, .chunk_dims = {chunk_rows}, .tiles = 1, .filters = {}};
    layout.chunk_dims.insert(layout.chunk_dims.end(), column.shape.begin(), column.shape.end());
    layout.filters = codecs.filters(codec, column.element_bytes(), chunk_rows * column.row_bytes());
    layout_.columns.push_back(std::move(layout));
    encoders_.push_back(codecs.make_encoder(codec, column.element_bytes()));
  }
  layout_.index_column = static_cast<std::uint32_t>(spec_.columns.size() - 1);
}

Feed& Feed::declare(EpisodeSink& sink, std::int64_t final_rows) {
  layout_.final_rows = final_rows;
  sink.declare_stream(id_, spec_, layout_);
  return *this;
}

std::vector<std::byte> Feed::raw(std::size_t column, std::uint64_t first, std::uint64_t count) const {
  const auto& spec = spec_.columns[column];
  std::vector<std::byte> bytes(count * spec.row_bytes());
  auto* to = bytes.data();
  for (auto row = first; row < first + count; ++row) {
    for (std::uint64_t i = 0; i < spec.row_values(); ++i) put_value(to, spec, row * spec.row_values() + i, row);
  }
  return bytes;
}

void Feed::push(EpisodeSink& sink, std::uint64_t rows, bool hold_back) {
  rows_ += rows;
  for (std::uint32_t column = 0; column < spec_.columns.size(); ++column) push_column(sink, column, rows_, hold_back);
}

void Feed::push_column(EpisodeSink& sink, std::uint32_t column, std::uint64_t end, bool hold_back) {
  const auto chunk_rows = layout_.columns[column].chunk_rows;
  auto& at = pushed_[column];
  while (at < end) {
    const auto chunk = at / chunk_rows;
    if ((chunk + 1) * chunk_rows <= end) {
      write_whole(sink, column, chunk, chunk_rows);
      at = (chunk + 1) * chunk_rows;
    } else if (hold_back) {
      return;
    } else {
      sink.write_open_rows({id_, column, chunk, at - chunk * chunk_rows, end - at}, raw(column, at, end - at));
      at = end;
    }
  }
}

void Feed::write_whole(EpisodeSink& sink, std::uint32_t column, std::uint64_t chunk, std::uint64_t rows) {
  const auto& layout = layout_.columns[column];
  const auto& spec = spec_.columns[column];
  const auto bytes = raw(column, chunk * layout.chunk_rows, rows);
  const auto tile_bytes = product(layout.chunk_dims) * spec.element_bytes();
  const auto piece = layout.tiles == 1 ? bytes.size() : tile_bytes;
  for (std::uint32_t tile = 0; tile < layout.tiles; ++tile) {
    std::vector<std::byte> whole(tile_bytes);
    const auto begin = std::min<std::size_t>(tile * piece, bytes.size());
    std::copy_n(bytes.data() + begin, std::min(piece, bytes.size() - begin), whole.data());
    std::vector<std::byte> out(encoders_[column]->bound(whole.size()));
    const auto encoded = encoders_[column]->encode(whole, out);
    sink.write_chunk({id_, column, chunk, tile, rows}, std::span(out).first(encoded.bytes), encoded.filter_mask);
  }
  if (column == layout_.index_column && spec_.columns.front().name == "timesteps") {
    const auto first = static_cast<std::int64_t>(chunk * layout.chunk_rows);
    sink.index_chunk(id_, first * 3, (first + static_cast<std::int64_t>(rows) - 1) * 3, rows);
  }
}

void Feed::end(EpisodeSink& sink) {
  for (std::uint32_t column = 0; column < spec_.columns.size(); ++column) {
    const auto chunk_rows = layout_.columns[column].chunk_rows;
    if (rows_ % chunk_rows != 0) write_whole(sink, column, rows_ / chunk_rows, rows_ % chunk_rows);
  }
  sink.end_rows(id_, rows_);
}

StreamSpec dense(std::string path, std::vector<std::uint64_t> shape, Dtype dtype) {
  auto spec = stream(std::move(path), {timesteps(), column("values", dtype)});
  spec.columns[1].shape = std::move(shape);
  spec.attributes = {{"unit", "mV"}, {"every", 10}};
  return spec;
}

StreamSpec spikes(std::string population) {
  return stream("spikes/" + std::move(population), {timesteps(), column("neuron_ids", Dtype::u32)});
}

StreamSpec rewards() { return stream("rewards", {timesteps(), column("values", Dtype::f64)}); }

StreamSpec events() {
  auto types = column("types", Dtype::u8);
  types.text_bytes = 64;
  return stream("events", {timesteps(), types, column("data_end", Dtype::u64)});
}

StreamSpec event_bytes() { return stream("events", {column("data", Dtype::u8)}); }

EpisodeInfo episode(std::uint64_t number) {
  EpisodeInfo info;
  info.number = number;
  info.id = fmt::format("episode_{:04}", number);
  info.dt = 0.1;
  info.dt_unit = "ms";
  info.clock = WallClock(WallTime(std::chrono::seconds(1'795'169'700)));
  return info;
}

EpisodeEnd complete() {
  EpisodeEnd end;
  end.status = "complete";
  end.ended = WallTime(std::chrono::seconds(1'795'169'760));
  return end;
}

void record_small(Backend& backend, std::uint64_t number, std::uint64_t rows, bool commit_within) {
  auto sink = backend.start_episode(episode(number));
  Feed joint(0, dense("behavior/position", {3}), 64, backend.codecs());
  Feed reward(1, rewards(), 64, backend.codecs());
  joint.declare(*sink);
  reward.declare(*sink);
  if (commit_within) {
    joint.push(*sink, rows / 2);
    reward.push(*sink, rows / 2);
    sink->commit(std::vector{joint.committed(), reward.committed()});
    backend.commit();
  }
  sink->finishing(rows * 36);
  joint.push(*sink, rows - joint.rows(), true);
  reward.push(*sink, rows - reward.rows(), true);
  joint.end(*sink);
  reward.end(*sink);
  auto end = complete();
  end.last_timestep = (static_cast<std::int64_t>(rows) - 1) * 3;
  end.sum_of_rewards = static_cast<double>(rows);
  sink->finish(end);
}

}  // namespace neurotape::testing
