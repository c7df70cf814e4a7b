#pragma once
/// \file
/// Reads the streams of an episode. Memory is bounded by what is asked for, plus a few chunks.
///
/// Threads: a reader is a value that may be copied; const calls from any number of threads at once.
/// Time ranges are half-open: `between(500, 900)` has the timesteps 500 to 899.
/// Everything here throws `Error`: `damaged` names the stream and the chunk, `io` what the system refused.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "neurotape/array.hpp"
#include "neurotape/loaded.hpp"

namespace neurotape {

enum class StreamKind : std::uint8_t { neural_state, behavior, spikes, rewards, weight_changes, events };

/// One column of a stream, as it is stored.
struct StreamColumn {
  std::string name;              ///< "values", "neuron_ids"
  Dtype dtype = Dtype::f64;      ///< not used where `text_bytes` is not 0
  std::uint32_t text_bytes = 0;  ///< fixed-length text of so many bytes
  Shape shape;                   ///< of one row
  std::uint64_t chunk_rows = 0;  ///< rows of a chunk; 0: not chunked
  std::uint64_t stored_bytes = 0;
  std::uint64_t raw_bytes = 0;
};

struct StreamInfo {
  std::string path;  ///< "spikes/excitatory"
  StreamKind kind = StreamKind::neural_state;
  std::vector<StreamColumn> columns;  ///< `timesteps` first
  std::uint64_t rows = 0;             ///< of an unfinished episode: the committed ones
  std::string unit;
  std::int64_t every = 1;
  std::uint64_t population_size = 0;  ///< 0: not stated
  std::string codec;                  ///< as `Codec::to_string`; of foreign files the names of the filters
  bool sorted = true;                 ///< false: rows came late; readers sort them
  std::uint64_t chunk_rows = 0;       ///< of the widest column
  std::uint64_t stored_bytes = 0;     ///< over all columns
  std::uint64_t raw_bytes = 0;        ///< over all columns

  bool is_dense() const noexcept { return kind == StreamKind::neural_state || kind == StreamKind::behavior; }
  /// The last part of the path: "excitatory".
  std::string name() const { return path.substr(path.rfind('/') + 1); }
};

/// Rows of a stream by their position in it.
struct RowRange {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  friend bool operator==(const RowRange&, const RowRange&) = default;
};

namespace detail {

/// What `DenseReader` reads from.
class DenseSource {
 public:
  virtual ~DenseSource() = default;
  virtual const StreamInfo& info() const noexcept = 0;
  virtual const Shape& row_shape() const noexcept = 0;
  /// The numbers of the stored columns; empty: all of the simulator's.
  virtual std::vector<std::uint64_t> column_ids() const = 0;
  virtual std::vector<std::uint64_t> positions(std::span<const std::uint64_t> column_ids) const = 0;
  virtual RowRange find(std::int64_t from, std::int64_t to) const = 0;
  virtual void read_timesteps(RowRange rows, std::span<std::int64_t> out) const = 0;
  /// `positions`: which values of each row, empty for all. `out` is row-major and holds exactly these.
  virtual void read_values(RowRange rows, std::span<const std::uint64_t> positions, std::span<std::byte> out) const = 0;
  /// How many rows of `row_bytes` a part of at most `max_bytes` should have, by chunks where they fit.
  virtual std::uint64_t rows_of_part(std::uint64_t max_bytes, std::uint64_t row_bytes) const = 0;
  /// Values in a result; throws where there are no such rows, or the file cannot hold so many.
  virtual std::size_t result_values(RowRange rows, std::uint64_t values_per_row) const = 0;
  /// Throws where the caller's spans are too small.
  virtual void check_spans(RowRange rows, std::size_t timesteps, std::size_t needed, std::size_t values) const = 0;
};

/// Timesteps from `from` on and before `to`.
struct TimeRange {
  std::int64_t from;
  std::int64_t to;
  bool contains(std::int64_t timestep) const noexcept { return from <= timestep && timestep < to; }
};

struct SparseQuery {
  std::vector<Dtype> types;                                     ///< what each column but `timesteps` is wanted as
  std::shared_ptr<const std::vector<std::uint64_t>> only = {};  ///< ids of the first of them, ascending; null: all
};

/// What the readers of sparse streams read from.
class SparseSource {
 public:
  virtual ~SparseSource() = default;
  virtual const StreamInfo& info() const noexcept = 0;
  virtual SparseBatch all(const SparseQuery& query) const = 0;
  virtual SparseBatch since(std::uint64_t row, const SparseQuery& query) const = 0;
  virtual SparseBatch between(std::int64_t from, std::int64_t to, const SparseQuery& query) const = 0;
  /// Rows as they are stored, into memory of the caller: a span for `timesteps` and each type of the query; empty ones are
  /// not read.
  virtual void read_into(RowRange rows, const SparseQuery& query, std::span<const std::span<std::byte>> out) const = 0;
  /// Each call fills the next part; false at the end. Keeps the source alive. \param wanted nothing: all
  virtual std::function<bool(SparseBatch&)> parts(std::uint64_t max_bytes, const SparseQuery& query,
                                                  std::optional<TimeRange> wanted) const = 0;
};

std::shared_ptr<const std::vector<std::uint64_t>> sorted_ids(const Indices& ids);

using DenseSourceHandle = std::shared_ptr<const DenseSource>;
using SparseSourceHandle = std::shared_ptr<const SparseSource>;

}  // namespace detail

/// A stream in parts of bounded size, to be iterated once: `for (auto& part : stream.chunks(64_MiB))`. The
/// part is overwritten by the next one.
template <class Part>
class Parts {
 public:
  using Next = std::function<bool(Part&)>;
  explicit Parts(Next next) : next_(std::move(next)) {}

  class iterator {
   public:
    using value_type = Part;
    using difference_type = std::ptrdiff_t;
    explicit iterator(Parts* parts) : parts_(parts) {}
    Part& operator*() const { return parts_->part_; }
    Part* operator->() const { return &parts_->part_; }
    iterator& operator++() {
      parts_->advance();
      return *this;
    }
    void operator++(int) { parts_->advance(); }
    friend bool operator==(const iterator& i, std::default_sentinel_t) { return i.at_end(); }

   private:
    bool at_end() const noexcept { return parts_->at_end_; }
    Parts* parts_;
  };

  iterator begin() {
    advance();
    return iterator(this);
  }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  void advance() { at_end_ = !next_(part_); }

  Next next_;
  Part part_;
  bool at_end_ = false;
};

/// Reads a dense stream: neural state, behaviour.
template <Arithmetic T>
class DenseReader {
 public:
  explicit DenseReader(detail::DenseSourceHandle source) : source_(std::move(source)), shape_(source_->row_shape()) {}

  const StreamInfo& info() const noexcept { return source_->info(); }
  std::uint64_t rows() const noexcept { return info().rows; }
  const Shape& shape() const noexcept { return shape_; }  ///< of one row
  const std::string& unit() const noexcept { return info().unit; }
  std::int64_t every() const noexcept { return info().every; }

  /// The numbers that the columns read here have in the simulator: those named when the stream was declared with
  /// `columns`, else 0, 1, 2, ... (the values of a row, counted in row-major order).
  std::vector<std::uint64_t> column_ids() const {
    auto ids = source_->column_ids();
    if (!positions_) return ids;
    std::vector<std::uint64_t> chosen;
    for (auto position : *positions_) chosen.push_back(ids[position]);
    return chosen;
  }

  Array<std::int64_t> timesteps() const {
    Array<std::int64_t> out(source_->result_values({0, rows()}, 1));
    source_->read_timesteps({0, rows()}, out);
    return out;
  }
  DenseRows<T> all() const { return rows(0, rows()); }
  DenseRows<T> between(std::int64_t from, std::int64_t to) const {
    const RowRange found = find(from, to);
    return rows(found.first, found.count);
  }
  /// \throws Error out_of_range when there are fewer rows
  DenseRows<T> rows(std::uint64_t first, std::uint64_t count) const {
    DenseRows<T> result;
    read({first, count}, result);
    return result;
  }
  /// All rows but the first `row` ones: what is new to one who has seen so many.
  /// \throws Error out_of_range when there are fewer rows
  DenseRows<T> since(std::uint64_t row) const { return rows(row, rows() - row); }

  /// The rows with timesteps from `from` on and before `to`.
  RowRange find(std::int64_t from, std::int64_t to) const { return source_->find(from, to); }
  /// Reads into the caller's memory: `timesteps` may be empty (they are then not read), else it holds at least
  /// `rows.count`; `values` at least `rows.count * shape().values()`.
  /// \throws Error wrong_shape when a span is too small, out_of_range when there are fewer rows
  void read_into(RowRange rows, std::span<std::int64_t> timesteps, std::span<T> values) const {
    const std::size_t size = source_->result_values(rows, shape_.values());
    source_->check_spans(rows, timesteps.size(), size, values.size());
    if (!timesteps.empty()) source_->read_timesteps(rows, timesteps.first(static_cast<std::size_t>(rows.count)));
    if (size != 0) source_->read_values(rows, positions(), std::as_writable_bytes(values.first(size)));
  }

  /// A reader of these columns only, in this order. Ids count as in `column_ids()`: as the simulator numbers them.
  /// Chooses among all columns of the stream, also when this reader has some of them only.
  /// \throws Error out_of_range for a column that is not there
  DenseReader columns(const Indices& ids) const {
    auto chosen = source_->positions(ids.ids());
    DenseReader restricted(*this);
    restricted.shape_ = Shape(chosen.size());
    restricted.positions_ = std::make_shared<const std::vector<std::uint64_t>>(std::move(chosen));
    return restricted;
  }

  /// The whole stream in parts of at most `max_bytes` (timesteps and values; one row where a row is larger).
  Parts<DenseRows<T>> chunks(std::size_t max_bytes) const { return parts({0, rows()}, max_bytes); }
  /// The same for the timesteps from `from` on and before `to`.
  Parts<DenseRows<T>> chunks(std::size_t max_bytes, std::int64_t from, std::int64_t to) const {
    return parts(find(from, to), max_bytes);
  }

 private:
  std::span<const std::uint64_t> positions() const {
    return positions_ ? std::span<const std::uint64_t>(*positions_) : std::span<const std::uint64_t>();
  }
  void read(RowRange rows, DenseRows<T>& result) const {
    result.shape = shape_;
    result.timesteps.resize(source_->result_values(rows, 1));
    result.values.resize(source_->result_values(rows, shape_.values()));
    read_into(rows, result.timesteps, result.values);
  }
  Parts<DenseRows<T>> parts(RowRange rows, std::size_t max_bytes) const {
    const auto step = source_->rows_of_part(max_bytes, sizeof(std::int64_t) + shape_.values() * sizeof(T));
    return Parts<DenseRows<T>>([*this, rows, step](DenseRows<T>& part) mutable {
      if (rows.count == 0) return false;
      // Parts begin where chunks do, so that none is decoded for two of them.
      const std::uint64_t count = std::min(rows.count, step - rows.first % step);
      read({rows.first, count}, part);
      rows = {rows.first + count, rows.count - count};
      return true;
    });
  }

  detail::DenseSourceHandle source_;
  Shape shape_;
  std::shared_ptr<const std::vector<std::uint64_t>> positions_;
};

/// What the readers of sparse streams have in common. Rows come in the order of their timesteps, also where
/// they were stored late (`info().sorted` is false); rows of one timestep in the order in which they were stored.
template <class Rows>
class SparseReader {
 public:
  const StreamInfo& info() const noexcept { return source_->info(); }
  /// All rows of the stream.
  std::uint64_t rows() const noexcept { return info().rows; }

  Rows all() const { return Rows::from(source_->all(query_)); }
  Rows between(std::int64_t from, std::int64_t to) const { return Rows::from(source_->between(from, to, query_)); }
  /// All rows but the first `row` ones that were stored: what is new to one who saw the stream when `rows()` was that.
  /// Where rows came late their timesteps may lie before those that were seen.
  /// \throws Error out_of_range when there are fewer rows
  Rows since(std::uint64_t row) const { return Rows::from(source_->since(row, query_)); }
  /// The whole stream in parts of at most `max_bytes` (one row where a row is larger).
  Parts<Rows> chunks(std::size_t max_bytes) const { return parts(source_->parts(max_bytes, query_, std::nullopt)); }
  /// The same for the timesteps from `from` on and before `to`.
  Parts<Rows> chunks(std::size_t max_bytes, std::int64_t from, std::int64_t to) const {
    return parts(source_->parts(max_bytes, query_, detail::TimeRange{from, to}));
  }

 protected:
  SparseReader(detail::SparseSourceHandle source, detail::SparseQuery query)
      : source_(std::move(source)), query_(std::move(query)) {}

  detail::SparseSourceHandle source_;
  detail::SparseQuery query_;

 private:
  static Parts<Rows> parts(std::function<bool(detail::SparseBatch&)> next) {
    return Parts<Rows>([next = std::move(next)](Rows& part) {
      detail::SparseBatch batch;
      const bool more = next(batch);
      part = Rows::from(std::move(batch));
      return more;
    });
  }
};

/// Reads the spikes of a population. Ids stored with 32 bits may be read as 64 and the other way round.
template <std::unsigned_integral Id = std::uint64_t>
requires(sizeof(Id) >= 4) class SpikeReader : public SparseReader<SpikeRows<Id>> {
 public:
  explicit SpikeReader(detail::SparseSourceHandle source)
      : SparseReader<SpikeRows<Id>>(std::move(source), {{dtype_of<Id>(), Dtype::f64}, nullptr}) {}

  /// Reads into the caller's memory, in the order in which the rows were stored, and all neurons. Each span is empty, and is
  /// then not read, or holds at least `rows.count`.
  /// \throws Error wrong_shape when a span is too small, out_of_range when there are fewer rows, not_found for times that are
  /// not there
  void read_into(RowRange rows, std::span<std::int64_t> timesteps, std::span<Id> neuron_ids,
                 std::span<double> times = {}) const {
    const std::array columns{std::as_writable_bytes(timesteps), std::as_writable_bytes(neuron_ids),
                             std::as_writable_bytes(times)};
    this->source_->read_into(rows, this->query_, columns);
  }
  /// A reader of the spikes of these neurons only. With the index that `pack` makes by neuron, few of them are read without
  /// the others.
  SpikeReader of(const Indices& neuron_ids) const {
    SpikeReader restricted(*this);
    restricted.query_.only = detail::sorted_ids(neuron_ids);
    return restricted;
  }
};

class RewardReader : public SparseReader<RewardRows> {
 public:
  explicit RewardReader(detail::SparseSourceHandle source) : SparseReader(std::move(source), {{Dtype::f64}, nullptr}) {}
};

template <std::floating_point T = float>
class WeightChangeReader : public SparseReader<WeightChangeRows<T>> {
 public:
  explicit WeightChangeReader(detail::SparseSourceHandle source)
      : SparseReader<WeightChangeRows<T>>(std::move(source), {{Dtype::u64, dtype_of<T>(), dtype_of<T>()}, nullptr}) {}

  /// A reader of the changes of these synapses only.
  WeightChangeReader of(const Indices& synapse_ids) const {
    WeightChangeReader restricted(*this);
    restricted.query_.only = detail::sorted_ids(synapse_ids);
    return restricted;
  }
};

}  // namespace neurotape
