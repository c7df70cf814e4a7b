#include "backends/hdf5/index.hpp"

#include <algorithm>
#include <cstddef>
#include <fmt/format.h>
#include <vector>

#include "backends/hdf5/episode_attributes.hpp"
#include "backends/hdf5/run_directory.hpp"

namespace neurotape::hdf5 {
namespace {

/// A record of `episodes_table`.
struct Row {
  std::uint64_t episode = 0;
  char file[64] = {};
  char object[64] = {};
  char status[16] = {};
  std::int64_t first_timestep = 0;
  std::int64_t last_timestep = 0;
  double sum_of_rewards = 0;
  std::uint64_t rows = 0;
  std::uint64_t bytes_stored = 0;
  char streams[256] = {};
  std::uint64_t file_bytes = 0;
  std::int64_t file_mtime_ns = 0;
};
static_assert(sizeof(Row) == 464, "records are written as they lie in memory");

constexpr std::uint64_t kRowsAtOnce = 1024;
constexpr auto kTimesIdle = 100;

Handle row_type(Library& library) {
  auto type = create_compound(sizeof(Row));
  const auto text = [&](const char* name, std::size_t offset, std::size_t bytes) {
    add_field(type.get(), name, offset, library.text(bytes));
  };
  add_field(type.get(), "episode", offsetof(Row, episode), H5T_STD_U64LE);
  text("file", offsetof(Row, file), sizeof(Row::file));
  text("object", offsetof(Row, object), sizeof(Row::object));
  text("status", offsetof(Row, status), sizeof(Row::status));
  add_field(type.get(), "first_timestep", offsetof(Row, first_timestep), H5T_STD_I64LE);
  add_field(type.get(), "last_timestep", offsetof(Row, last_timestep), H5T_STD_I64LE);
  add_field(type.get(), "return", offsetof(Row, sum_of_rewards), H5T_IEEE_F64LE);
  add_field(type.get(), "rows", offsetof(Row, rows), H5T_STD_U64LE);
  add_field(type.get(), "bytes_stored", offsetof(Row, bytes_stored), H5T_STD_U64LE);
  text("streams", offsetof(Row, streams), sizeof(Row::streams));
  add_field(type.get(), "file_bytes", offsetof(Row, file_bytes), H5T_STD_U64LE);
  add_field(type.get(), "file_mtime_ns", offsetof(Row, file_mtime_ns), H5T_STD_I64LE);
  return type;
}

template <std::size_t N>
void put(char (&field)[N], const std::string& text) {
  if (text.size() <= N) std::copy(text.begin(), text.end(), field);
}

template <std::size_t N>
std::string get(const char (&field)[N]) {
  return std::string(field, std::find(field, field + N, '\0'));
}

std::string object_of(std::uint64_t episode, const EpisodeRecord& record) {
  return record.source->is_segment ? "/" + episode_id(episode) : "/";
}

Row row_of(std::uint64_t episode, const EpisodeRecord& record) {
  Row row;
  row.episode = episode;
  put(row.file, "episodes/" + record.source->name);
  put(row.object, object_of(episode, record));
  put(row.status, record.status);
  row.first_timestep = record.first_timestep;
  row.last_timestep = record.last_timestep;
  row.sum_of_rewards = record.sum_of_rewards;
  row.rows = record.rows;
  row.bytes_stored = record.bytes_stored;
  put(row.streams, record.streams);
  row.file_bytes = record.source->facts.bytes;
  row.file_mtime_ns = record.source->facts.mtime_ns;
  return row;
}

void write_table(Library& library, hid_t file, const std::map<std::uint64_t, EpisodeRecord>& records) {
  const auto type = row_type(library);
  const std::uint64_t count = records.size();
  const auto space = create_space({count}, {count});
  const std::vector<Filter> deflate{{H5Z_FILTER_DEFLATE, false, {1}}};
  const auto creation = count == 0 ? library.plain_creation(0)
                                   : library.chunked_creation({std::min<hsize_t>(count, kRowsAtOnce)}, deflate, false);
  const auto table =
      create_dataset(file, "episodes_table", type.get(), space.get(), library.link_creation(), creation, H5P_DEFAULT);
  std::vector<Row> rows;
  std::uint64_t written = 0;
  for (const auto& [episode, record] : records) {
    rows.push_back(row_of(episode, record));
    if (rows.size() < kRowsAtOnce && written + rows.size() < count) continue;
    write_rows(table.get(), type.get(), written, rows.size(), rows.data());
    written += rows.size();
    rows.clear();
  }
}

void write_links(Library& library, hid_t file, const std::map<std::uint64_t, EpisodeRecord>& records) {
  for (const char* group : {"config", "network_structure"}) link_external(file, group, "setup.h5", group);
  // Thousands of links: in indexed storage, as HDF5 does it when it is not told otherwise.
  const auto group = create_group(file, "episodes", library.link_creation(), H5P_DEFAULT);
  for (const auto& [episode, record] : records) {
    link_external(group.get(), episode_id(episode), "episodes/" + record.source->name, object_of(episode, record));
  }
}

EpisodeRecord record_of(const Row& row, std::map<std::string, std::shared_ptr<const SourceFile>>& sources) {
  const auto path = get(row.file);
  const auto name = path.substr(path.find('/') + 1);
  auto& source = sources[name];
  if (!source) {
    source =
        std::make_shared<SourceFile>(SourceFile{name, get(row.object) != "/", {row.file_bytes, row.file_mtime_ns}});
  }
  return {source,   get(row.status),  row.first_timestep, row.last_timestep, row.sum_of_rewards,
          row.rows, row.bytes_stored, get(row.streams)};
}

}  // namespace

Index::Index(Library& library, std::filesystem::path path, Clock clock)
    : library_(library), path_(std::move(path)), clock_(std::move(clock)) {}

std::map<std::uint64_t, EpisodeRecord> Index::read(Library& library, const std::filesystem::path& path) try {
  std::map<std::uint64_t, EpisodeRecord> records;
  std::map<std::string, std::shared_ptr<const SourceFile>> sources;
  const auto file = File::open(path, Access::read);
  const auto type = row_type(library);
  const auto table = open_dataset(file.id(), "episodes_table", H5P_DEFAULT);
  const auto count = dataset_extent(table.get()).at(0);
  std::vector<Row> rows;
  for (std::uint64_t first = 0; first < count; first += rows.size()) {
    rows.resize(static_cast<std::size_t>(std::min<hsize_t>(kRowsAtOnce, count - first)));
    read_rows(table.get(), type.get(), first, rows.size(), rows.data());
    for (const auto& row : rows) records[row.episode] = record_of(row, sources);
  }
  return records;
} catch (const std::exception&) {
  return {};  // derived from the files, and derived again
}

void Index::set(std::uint64_t episode, EpisodeRecord record) {
  records_[episode] = std::move(record);
  changed_ = true;
}

void Index::erase(std::uint64_t episode) {
  if (records_.erase(episode) != 0) changed_ = true;
}

void Index::move(std::uint64_t episode, std::shared_ptr<const SourceFile> source) {
  records_.at(episode).source = std::move(source);
  changed_ = true;
}

bool Index::due() const { return changed_ && clock_() >= due_; }

void Index::write(const Setup& setup) {
  const QuietErrors quiet;
  const auto start = clock_();
  const auto rest = [&] {
    const auto end = clock_();
    due_ = end + kTimesIdle * (end - start);
  };
  try {
    const auto transient = transient_name(path_);
    remove_file(transient);
    write_file(setup, transient);
    put_in_place(transient, path_, library_.is_durable());
  } catch (...) {
    rest();
    throw;
  }
  mentioned_.clear();
  for (const auto& [episode, record] : records_) mentioned_.insert(record.source->name);
  changed_ = false;
  rest();
}

void Index::write_file(const Setup& setup, const std::filesystem::path& path) {
  auto file = File::create(path, Root::small, File::Mode::direct, library_.company());
  write_setup_attributes(library_, open_group(file.id(), "/").get(), setup);
  write_links(library_, file.id(), records_);
  write_table(library_, file.id(), records_);
  file.close();
}

}  // namespace neurotape::hdf5
