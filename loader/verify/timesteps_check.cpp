#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "loader/attributes.hpp"
#include "loader/verify/timesteps_pass.hpp"

namespace neurotape::loader {
namespace {

constexpr std::uint64_t kRowsAtOnce = 1 << 19;

/// Rows lost for these causes had timesteps of their own.
const std::set<std::string> kCausesOfOwnTimesteps = {"overflow", "timeout", "decimate", "nan", "disk"};

std::span<const std::int64_t> as_timesteps(const detail::Storage& storage, std::uint64_t count) {
  return {reinterpret_cast<const std::int64_t*>(storage.data()), static_cast<std::size_t>(count)};
}

void widen(TimestepSpan& span, std::int64_t first, std::int64_t last) {
  span.first = std::min(span.first, first);
  span.last = std::max(span.last, last);
}

constexpr TimestepSpan kNone{std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()};

}  // namespace

/// One walk over the chunks of `timesteps`.
class StreamCheck::TimestepsPass {
 public:
  explicit TimestepsPass(StreamCheck& check)
      : check_(check), column_(check.columns_.front()), ascent_(rule()), indexed_(check.chunk_index_) {
    for (const auto& gap : check.gaps_) {
      if (!is_countable(gap)) continue;
      below_.ask(gap.first_timestep);
      below_.ask(gap.last_timestep + 1);
    }
  }

  void run() {
    const bool decodable = column_.dataset->layout().decodable;
    const std::uint64_t piece = decodable ? column_.dataset->chunk_rows() : kRowsAtOnce;
    for (std::uint64_t row = 0; row < column_.rows; row += piece)
      take({row, std::min(piece, column_.rows - row)}, decodable ? std::optional(row / piece) : std::nullopt);
    below_.end(column_.rows);
    for (auto& [chunk, fault] : unreadable_) check_.fault("timesteps", std::move(fault.what), chunk, fault.rows);
    for (auto& fault : faults_) check_.fault(fault.first, std::move(fault.second.what), {}, fault.second.rows);
    if (unreadable_.empty()) count_gaps();
  }

 private:
  Ascent::Rule rule() const {
    if (check_.is_dense()) return Ascent::Rule::strict;
    return integer_of(check_.attributes_, "sorted", 1) != 0 ? Ascent::Rule::sorted : Ascent::Rule::none;
  }
  bool is_countable(const GapRecord& gap) const {
    return check_.is_dense() && kCausesOfOwnTimesteps.contains(gap.cause) && gap.first_timestep <= gap.last_timestep &&
           gap.last_timestep < std::numeric_limits<std::int64_t>::max();
  }

  void take(RowRange rows, std::optional<std::uint64_t> chunk) {
    TimestepsChunk found{rows, kNone, false};
    try {
      read(rows, chunk);
      const auto timesteps = as_timesteps(storage_, rows.count);
      look_at(rows, timesteps);
      const auto [least, most] = std::minmax_element(timesteps.begin(), timesteps.end());
      found.span = {*least, *most};
      found.known = true;
      widen(all_, *least, *most);
    } catch (const Error& error) {
      unreadable_.push_back({chunk, {rows, cause_of(error)}});
      check_.facts_.known = false;
      ascent_.skip();
      indexed_.skip(rows);
    }
    check_.time_.push_back(found);
    check_.facts_.first_timestep = all_.first;
    check_.facts_.last_timestep = all_.last;
  }

  void read(RowRange rows, std::optional<std::uint64_t> chunk) {
    if (!chunk) {
      storage_.resize(static_cast<std::size_t>(rows.count) * sizeof(std::int64_t));
      column_.dataset->read_unchecked(rows, {}, storage_.bytes());
      return;
    }
    const auto mask = column_.dataset->read_one_chunk(*chunk, 0, storage_);
    if (auto wrong = check_.wrong_mask(column_, rows, mask); !wrong.empty())
      unreadable_.push_back({chunk, {rows, wrong}});
    check_.checks_.findings.count({.chunks = 1, .bytes = storage_.size()});
  }

  void look_at(RowRange rows, std::span<const std::int64_t> timesteps) {
    if (auto fault = ascent_.add(rows.first, timesteps)) faults_.emplace_back("timesteps", std::move(*fault));
    for (auto& fault : indexed_.add(rows.first, timesteps)) faults_.emplace_back("chunk_index", std::move(fault));
    below_.add(rows.first, timesteps);
    if (const auto every = integer_of(check_.attributes_, "every", 1); every > 1) {
      const auto odd = std::find_if(timesteps.begin(), timesteps.end(), [&](auto t) { return t % every != 0; });
      if (odd != timesteps.end())
        faults_.push_back({"timesteps",
                           {{rows.first + static_cast<std::uint64_t>(odd - timesteps.begin()), 1},
                            fmt::format("timestep {} is none of every {}", *odd, every)}});
    }
  }

  void count_gaps() {
    for (const auto& gap : check_.gaps_) {
      if (!is_countable(gap)) continue;
      const auto there = below_.of(gap.last_timestep + 1) - below_.of(gap.first_timestep);
      const auto span = static_cast<std::uint64_t>(gap.last_timestep) - static_cast<std::uint64_t>(gap.first_timestep);
      if (gap.rows <= span + 1 && there <= span + 1 - gap.rows) continue;
      check_.checks_.findings.add(
          {check_.checks_.file,
           check_.checks_.episode.id,
           check_.group_.path,
           "gaps",
           {},
           TimestepSpan{gap.first_timestep, gap.last_timestep},
           fmt::format("a gap says that {} rows were lost between timesteps {} and {}, of which {} are there", gap.rows,
                       gap.first_timestep, gap.last_timestep, there)});
    }
  }

  StreamCheck& check_;
  const Column& column_;
  Ascent ascent_;
  IndexedChunks indexed_;
  RowsBelow below_;
  detail::Storage storage_;
  TimestepSpan all_ = kNone;
  std::vector<std::pair<std::optional<std::uint64_t>, RowsFault>> unreadable_;
  std::vector<std::pair<std::string, RowsFault>> faults_;
};

void StreamCheck::check_timesteps() {
  const auto& timesteps = columns_.front();
  if (!timesteps.dataset) return;
  read_chunk_index();
  if (timesteps.rows != 0) TimestepsPass(*this).run();
}

/// From the rows themselves; where they cannot be read, from `chunk_index`, or from what is around them.
std::optional<TimestepSpan> StreamCheck::timesteps_of(RowRange rows) const {
  if (columns_.empty() || !columns_.front().dataset) return std::nullopt;
  const std::uint64_t end = std::min(rows.first + rows.count, columns_.front().rows);
  TimestepSpan span = kNone;
  detail::Storage piece;
  try {
    for (std::uint64_t row = rows.first, count = 0; row < end; row += count) {
      count = std::min(kRowsAtOnce, end - row);
      piece.resize(static_cast<std::size_t>(count) * sizeof(std::int64_t));
      columns_.front().dataset->read_unchecked({row, count}, {}, piece.bytes());
      for (const auto timestep : as_timesteps(piece, count)) widen(span, timestep, timestep);
    }
    return span.first <= span.last ? std::optional(span) : std::nullopt;
  } catch (const Error&) {
    span = kNone;
  }
  std::uint64_t row = 0;
  for (const auto& record : chunk_index_) {
    if (row < end && row + record.rows > rows.first) widen(span, record.first_timestep, record.last_timestep);
    row += record.rows;
  }
  if (row >= end) return span;
  if (integer_of(attributes_, "sorted", 1) == 0) return std::nullopt;
  std::optional<TimestepSpan> before, behind;
  for (const auto& chunk : time_) {
    if (!chunk.known) continue;
    if (chunk.rows.first + chunk.rows.count <= rows.first) before = chunk.span;
    if (chunk.rows.first >= end && !behind) behind = chunk.span;
  }
  if (!before || !behind) return std::nullopt;
  return TimestepSpan{before->last, behind->first};
}

}  // namespace neurotape::loader
