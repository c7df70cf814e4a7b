#include <algorithm>
#include <fmt/format.h>

#include "loader/convert.hpp"
#include "loader/episode_file.hpp"
#include "loader/row_selection.hpp"
#include "loader/spikes_by_neuron.hpp"

namespace neurotape::detail {
namespace {

using loader::Dataset;
using loader::OpenStream;
using loader::RowSelection;

constexpr std::uint64_t kRowsAtOnce = 1 << 16;

class SparseFile final : public SparseSource, public std::enable_shared_from_this<SparseFile> {
 public:
  explicit SparseFile(OpenStream stream)
      : stream_(std::move(stream)), time_(stream_.columns[0], stream_.info.rows, stream_.file, stream_.chunk_index) {}

  const StreamInfo& info() const noexcept override { return stream_.info; }

  SparseBatch all(const SparseQuery& query) const override { return since(0, query); }

  SparseBatch since(std::uint64_t row, const SparseQuery& query) const override {
    if (row > info().rows)
      throw Error(ErrorCode::out_of_range, fmt::format("there are {} rows", info().rows),
                  loader::context_of(stream_.place));
    const RowRange rows{row, info().rows - row};
    if (info().sorted && !query.only) return read(rows, query);
    if (auto found = loader::read_by_neuron(stream_, query, row, std::nullopt)) return std::move(*found);
    return gather(select({rows}, nullptr, query), query);
  }

  SparseBatch between(std::int64_t from, std::int64_t to, const SparseQuery& query) const override {
    const TimeRange wanted{from, to};
    if (auto found = loader::read_by_neuron(stream_, query, 0, wanted)) return std::move(*found);
    if (!info().sorted) return gather(select(time_.candidates(from, to), &wanted, query), query);
    const RowRange rows = time_.find(from, to);
    return query.only ? gather(select({rows}, nullptr, query), query) : read(rows, query);
  }

  void read_into(RowRange rows, const SparseQuery& query, std::span<const std::span<std::byte>> out) const override {
    if (rows.first > info().rows || rows.count > info().rows - rows.first)
      throw Error(ErrorCode::out_of_range, fmt::format("there are {} rows", info().rows),
                  loader::context_of(stream_.place));
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (out[i].empty()) continue;
      if (i >= stream_.columns.size())
        throw Error(ErrorCode::not_found, "its rows have no times", loader::context_of(stream_.place));
      const Dtype type = i == 0 ? Dtype::i64 : query.types[i - 1];
      const std::size_t bytes = static_cast<std::size_t>(rows.count) * dtype_bytes(type);
      if (out[i].size() < bytes)
        throw Error(ErrorCode::wrong_shape,
                    fmt::format("expected room for {} rows of '{}', got {}", rows.count, info().columns[i].name,
                                out[i].size() / dtype_bytes(type)),
                    loader::context_of(stream_.place));
      loader::read_as(*stream_.columns[i], rows, type, out[i].first(bytes));
    }
  }

  std::function<bool(SparseBatch&)> parts(std::uint64_t max_bytes, const SparseQuery& query,
                                          std::optional<TimeRange> wanted) const override {
    std::uint64_t row_bytes = sizeof(std::int64_t);
    for (std::size_t i = 0; i + 1 < stream_.columns.size(); ++i) row_bytes += dtype_bytes(query.types[i]);
    const std::uint64_t rows = std::max<std::uint64_t>(1, max_bytes / row_bytes);
    if (!info().sorted) return unsorted_parts(rows, query, wanted);
    return sorted_parts(rows, query, wanted ? time_.find(wanted->from, wanted->to) : RowRange{0, info().rows});
  }

 private:
  std::function<bool(SparseBatch&)> sorted_parts(std::uint64_t rows_at_once, const SparseQuery& query,
                                                 RowRange left) const {
    return [self = shared_from_this(), query, rows_at_once, left](SparseBatch& batch) mutable {
      while (left.count != 0) {
        const RowRange rows{left.first, std::min(rows_at_once, left.count)};
        left = {left.first + rows.count, left.count - rows.count};
        batch = query.only ? self->gather(self->select({rows}, nullptr, query), query) : self->read(rows, query);
        if (!batch.timesteps.empty()) return true;
      }
      batch = self->read({0, 0}, query);
      return false;
    };
  }

  /// The earliest rows that were not yet in a part; the stream is searched again for each.
  std::function<bool(SparseBatch&)> unsorted_parts(std::uint64_t rows_at_once, const SparseQuery& query,
                                                   std::optional<TimeRange> wanted) const {
    return
        [self = shared_from_this(), query, rows_at_once, wanted, after = loader::Moment{}](SparseBatch& batch) mutable {
          RowSelection next = self->earliest(after, rows_at_once, query, wanted);
          if (!next.empty()) after = next.last();
          batch = self->gather(next, query);
          return !batch.timesteps.empty();
        };
  }

  SparseBatch read(RowRange rows, const SparseQuery& query) const {
    for (const auto& column : stream_.columns) column->check_claim(rows.count * sizeof(std::int64_t));
    SparseBatch batch;
    batch.timesteps.resize(static_cast<std::size_t>(rows.count));
    time_.read(rows, batch.timesteps);
    for (std::size_t i = 1; i < stream_.columns.size(); ++i) {
      const Dtype type = query.types[i - 1];
      batch.columns.emplace_back(static_cast<std::size_t>(rows.count) * dtype_bytes(type));
      loader::read_as(*stream_.columns[i], rows, type, batch.columns.back().bytes());
    }
    return batch;
  }

  SparseBatch gather(const RowSelection& selection, const SparseQuery& query) const {
    SparseBatch batch;
    batch.timesteps = selection.timesteps();
    for (std::size_t i = 1; i < stream_.columns.size(); ++i)
      batch.columns.push_back(selection.gather(*stream_.columns[i], query.types[i - 1]));
    return batch;
  }

  /// Calls `take` with the row, timestep of all rows in these ranges that the query wants.
  template <class Take>
  void scan(const std::vector<RowRange>& ranges, const SparseQuery& query, Take take) const {
    std::vector<std::int64_t> timesteps;
    std::vector<std::uint64_t> ids;
    for (const auto& range : ranges)
      for (std::uint64_t row = range.first, count = 0; row < range.first + range.count; row += count) {
        count = std::min(kRowsAtOnce - row % kRowsAtOnce, range.first + range.count - row);
        timesteps.resize(static_cast<std::size_t>(count));
        time_.read({row, count}, timesteps);
        if (query.only) {
          ids.resize(static_cast<std::size_t>(count));
          loader::read_as(*stream_.columns[1], {row, count}, Dtype::u64, std::as_writable_bytes(std::span(ids)));
        }
        for (std::size_t i = 0; i < count; ++i)
          if (!query.only || std::binary_search(query.only->begin(), query.only->end(), ids[i]))
            take(loader::Moment{timesteps[i], row + i, true});
      }
  }

  RowSelection select(const std::vector<RowRange>& ranges, const TimeRange* wanted, const SparseQuery& query) const {
    RowSelection selection;
    scan(ranges, query, [&](loader::Moment moment) {
      if (wanted == nullptr || wanted->contains(moment.timestep)) selection.add(moment);
    });
    if (!info().sorted) selection.sort();
    return selection;
  }

  RowSelection earliest(loader::Moment after, std::uint64_t most, const SparseQuery& query,
                        const std::optional<TimeRange>& wanted) const {
    RowSelection selection;
    const auto ranges = wanted ? time_.candidates(wanted->from, wanted->to) : std::vector<RowRange>{{0, info().rows}};
    scan(ranges, query, [&](loader::Moment moment) {
      if (after < moment && (!wanted || wanted->contains(moment.timestep))) selection.add_if_early(moment, most);
    });
    selection.sort();
    return selection;
  }

  OpenStream stream_;
  loader::TimeIndex time_;
};

/// \throws Error wrong_type where a column cannot be read as what its reader gives
SparseSourceHandle open_sparse(const EpisodeFile& episode, StreamKind kind, std::string_view name,
                               const std::vector<Dtype>& types, std::string_view advice) {
  auto stream = episode.with_retries([&](const EpisodeFile& e) { return e.find_stream(kind, name); });
  for (std::size_t i = 1; i < stream.columns.size(); ++i) {
    const auto& layout = stream.columns[i]->layout();
    const bool exact = kind == StreamKind::weight_changes && !loader::is_integer(types[i - 1]);
    const bool fits =
        layout.dtype && (exact ? *layout.dtype == types[i - 1] : loader::can_convert(*layout.dtype, types[i - 1]));
    if (fits && layout.dimensions.size() == 1) continue;
    throw Error(ErrorCode::wrong_type,
                fmt::format("its '{}' are {}, not one column of {}{}", stream.info.columns[i].name, layout.type,
                            dtype_name(types[i - 1]), advice),
                loader::context_of(stream.place));
  }
  return std::make_shared<const SparseFile>(std::move(stream));
}

}  // namespace

SparseSourceHandle open_spikes(const EpisodeFile& episode, std::string_view population) {
  return open_sparse(episode, StreamKind::spikes, population, {Dtype::u64, Dtype::f64}, "");
}

SparseSourceHandle open_rewards(const EpisodeFile& episode) {
  return open_sparse(episode, StreamKind::rewards, "", {Dtype::f64}, "");
}

SparseSourceHandle open_weight_changes(const EpisodeFile& episode, Dtype weight_type) {
  return open_sparse(
      episode, StreamKind::weight_changes, "", {Dtype::u64, weight_type, weight_type},
      weight_type == Dtype::f32 ? ": read them as weight_changes<double>" : ": read them as weight_changes<float>");
}

}  // namespace neurotape::detail
