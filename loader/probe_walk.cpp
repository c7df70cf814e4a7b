#include "loader/probe_walk.hpp"

#include <cerrno>
#include <limits>
#include <new>

#include "loader/attributes.hpp"
#include "loader/dataset.hpp"
#include "loader/directory.hpp"
#include "loader/episode_file.hpp"
#include "loader/events.hpp"
#include "loader/format.hpp"
#include "loader/index.hpp"
#include "loader/neuron_index.hpp"
#include "loader/table.hpp"
#include "loader/time_index.hpp"

namespace neurotape::loader {
namespace {

using detail::EpisodeFile;

/// One step. HDF5 says of many errors only that it failed; the system says whether memory was what it lacked.
template <class Step>
void attempt(Step step) {
  errno = 0;
  try {
    step();
  } catch (const Error&) {
    if (errno == ENOMEM) throw std::bad_alloc();
  }
}

void walk_table(const std::shared_ptr<const File>& file, const std::string& group) {
  const auto table = open_table(file, group);
  for (const auto& column : table->columns())
    attempt([&] { Dataset::open(file, group + "/" + column.name, file->place())->probe(); });
}

bool is_index(const File& file) {
  const Hdf5Lock lock;
  return kind_of(file.id(), "episodes_table", file.place()) == LinkKind::dataset;
}

void walk_file(const std::shared_ptr<const File>& file) {
  check_format(*file);
  attempt([&] {
    const Hdf5Lock lock;
    read_config(*file, read_attributes(open_group(file->id(), "/", file->place()).get(), file->place()));
  });
  // An index has a link for each episode, which the loader does not look at.
  if (!is_index(*file))
    for (const char* group : {"/", "/episodes"}) attempt([&] { list_file(*file, group); });
  for (const char* table : {"/network_structure/neurons", "/network_structure/connections"})
    attempt([&] { walk_table(file, table); });
  attempt([&] { read_index(*file); });
}

void walk_stream(const EpisodeFile& episode, const StreamGroup& group) {
  const auto stream = episode.open_stream(group);
  for (const auto& column : stream.columns) attempt([&] { column->probe(); });
  if (!stream.neuron_index.empty())
    for (const char* column : kNeuronIndexColumns)
      attempt([&] { Dataset::open(stream.file, stream.neuron_index + "/" + column, stream.place)->probe(); });
  if (!stream.selected_columns.empty())
    attempt([&] { Dataset::open(stream.file, stream.selected_columns, stream.place)->probe(); });
  attempt([&] {
    constexpr auto kAlways = std::numeric_limits<std::int64_t>::max();
    TimeIndex(stream.columns[0], stream.info.rows, stream.file, stream.chunk_index).candidates(-kAlways, kAlways);
  });
}

void walk_episode(const std::shared_ptr<const File>& file, const std::string& object) {
  constexpr std::uint64_t kNoNumber = 0;
  const auto episode = EpisodeFile::open(file, object, kNoNumber);
  for (const auto& group : episode->groups()) attempt([&] { walk_stream(*episode, group); });
  attempt([&] { read_gaps(*episode); });
}

}  // namespace

void walk(const std::shared_ptr<const File>& file, const std::string& object) {
  attempt([&] { object.empty() ? walk_file(file) : walk_episode(file, object); });
}

}  // namespace neurotape::loader
