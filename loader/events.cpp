#include "loader/events.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <fmt/format.h>

#include "loader/attributes.hpp"
#include "loader/convert.hpp"
#include "loader/json_text.hpp"
#include "loader/records.hpp"

namespace neurotape::loader {
namespace {

using detail::EpisodeFile;

struct StoredGap {
  char stream[272];
  std::int64_t first_timestep;
  std::int64_t last_timestep;
  std::uint64_t rows;
  char cause[16];
};
constexpr std::array<Field, 5> kGapFields = {
    {{"stream", Field::Kind::text, offsetof(StoredGap, stream), sizeof(StoredGap::stream)},
     {"first_timestep", Field::Kind::i64, offsetof(StoredGap, first_timestep)},
     {"last_timestep", Field::Kind::i64, offsetof(StoredGap, last_timestep)},
     {"rows", Field::Kind::u64, offsetof(StoredGap, rows)},
     {"cause", Field::Kind::text, offsetof(StoredGap, cause), sizeof(StoredGap::cause)}}};

constexpr std::size_t kTimesteps = 0, kTypes = 1, kEnds = 2, kData = 3;

template <class T>
std::vector<T> column(const OpenStream& stream, std::size_t which) {
  const Dataset& dataset = *stream.columns[which];
  if (!dataset.layout().dtype || !is_integer(*dataset.layout().dtype) || dataset.row_values() != 1)
    damaged(fmt::format("its '{}' are {}", stream.info.columns[which].name, dataset.layout().type), stream.place);
  dataset.check_claim(stream.info.rows * sizeof(T));
  std::vector<T> values(static_cast<std::size_t>(stream.info.rows));
  read_as(dataset, {0, stream.info.rows}, dtype_of<T>(), std::as_writable_bytes(std::span(values)));
  return values;
}

std::vector<std::string> types(const OpenStream& stream) {
  const Dataset& dataset = *stream.columns[kTypes];
  const std::size_t bytes = dataset.layout().text_bytes;
  if (bytes == 0) damaged(fmt::format("its 'types' are {}", dataset.layout().type), stream.place);
  dataset.check_claim(stream.info.rows * bytes);
  std::vector<char> text(static_cast<std::size_t>(stream.info.rows) * bytes);
  dataset.read({0, stream.info.rows}, std::as_writable_bytes(std::span(text)));
  std::vector<std::string> types;
  for (std::size_t i = 0; i < text.size(); i += bytes) types.push_back(text_in(std::span(text).subspan(i, bytes)));
  return types;
}

std::vector<char> json_bytes(const EpisodeFile& episode, const OpenStream& stream,
                             const std::vector<std::uint64_t>& ends) {
  const Dataset& dataset = *stream.columns[kData];
  const std::uint64_t there = episode.committed(dataset.stream_id(), dataset.rows(), stream.place);
  const std::uint64_t needed = ends.empty() ? 0 : ends.back();
  if (!std::is_sorted(ends.begin(), ends.end()) || needed > there || dataset.row_bytes() != 1)
    damaged("its 'data_end' do not divide its 'data'", stream.place);
  dataset.check_claim(needed);
  std::vector<char> bytes(static_cast<std::size_t>(needed));
  dataset.read({0, needed}, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

}  // namespace

std::vector<EventRecord> read_events(const EpisodeFile& episode) {
  const auto groups = episode.groups();
  const auto group =
      std::find_if(groups.begin(), groups.end(), [](const auto& g) { return g.kind == StreamKind::events; });
  if (group == groups.end()) return {};
  const OpenStream stream = episode.open_stream(*group);
  const auto timesteps = column<std::int64_t>(stream, kTimesteps);
  const auto ends = column<std::uint64_t>(stream, kEnds);
  const auto bytes = json_bytes(episode, stream, ends);
  auto names = types(stream);
  std::vector<EventRecord> events;
  std::uint64_t begin = 0;
  for (std::size_t i = 0; i < timesteps.size(); begin = ends[i++]) {
    auto data = parse_json({bytes.data() + begin, static_cast<std::size_t>(ends[i] - begin)});
    if (data.is_discarded()) damaged(fmt::format("the data of event {} are not JSON", i), stream.place);
    events.push_back({std::move(names[i]), timesteps[i], std::move(data)});
  }
  std::stable_sort(events.begin(), events.end(), [](const auto& a, const auto& b) { return a.timestep < b.timestep; });
  return events;
}

std::vector<GapRecord> read_gaps(const EpisodeFile& episode) {
  if (!episode.has_dataset("gaps")) return {};
  std::vector<GapRecord> gaps;
  read_records<StoredGap>(
      *episode.file, episode.path_of("gaps"), episode.place(), kGapFields, [&](const StoredGap& gap) {
        gaps.push_back({text_in(gap.stream), gap.first_timestep, gap.last_timestep, gap.rows, text_in(gap.cause)});
      });
  return gaps;
}

}  // namespace neurotape::loader
