#include "loader/index.hpp"

#include <array>
#include <cstddef>

#include "loader/records.hpp"

namespace neurotape::loader {
namespace {

struct Record {
  std::uint64_t episode;
  char file[64];
  char object[64];
  char status[16];
  std::int64_t first_timestep;
  std::int64_t last_timestep;
  double sum_of_rewards;
  std::uint64_t rows;
  std::uint64_t bytes_stored;
  char streams[256];
  std::uint64_t file_bytes;
  std::int64_t file_mtime_ns;
};

using Kind = Field::Kind;
constexpr std::array<Field, 12> kFields = {{{"episode", Kind::u64, offsetof(Record, episode)},
                                            {"file", Kind::text, offsetof(Record, file), sizeof(Record::file)},
                                            {"object", Kind::text, offsetof(Record, object), sizeof(Record::object)},
                                            {"status", Kind::text, offsetof(Record, status), sizeof(Record::status)},
                                            {"first_timestep", Kind::i64, offsetof(Record, first_timestep)},
                                            {"last_timestep", Kind::i64, offsetof(Record, last_timestep)},
                                            {"return", Kind::f64, offsetof(Record, sum_of_rewards)},
                                            {"rows", Kind::u64, offsetof(Record, rows)},
                                            {"bytes_stored", Kind::u64, offsetof(Record, bytes_stored)},
                                            {"streams", Kind::text, offsetof(Record, streams), sizeof(Record::streams)},
                                            {"file_bytes", Kind::u64, offsetof(Record, file_bytes)},
                                            {"file_mtime_ns", Kind::i64, offsetof(Record, file_mtime_ns)}}};

IndexedEpisode indexed(const Record& record) {
  return {.number = record.episode,
          .file = text_in(record.file),
          .object = text_in(record.object),
          .status = text_in(record.status),
          .totals = {record.first_timestep, record.last_timestep, record.sum_of_rewards, record.rows,
                     record.bytes_stored, text_in(record.streams)},
          .file_bytes = record.file_bytes,
          .file_mtime_ns = record.file_mtime_ns};
}

}  // namespace

std::vector<IndexedEpisode> read_index(const File& file) {
  const Hdf5Lock lock;
  if (kind_of(file.id(), "episodes_table", file.place()) != LinkKind::dataset) return {};
  std::vector<IndexedEpisode> records;
  read_records<Record>(file, "episodes_table", file.place(), kFields,
                       [&](const Record& record) { records.push_back(indexed(record)); });
  return records;
}

std::vector<IndexedEpisode> read_index(const std::filesystem::path& run, const std::shared_ptr<Prober>& prober) {
  try {
    return read_index(*File::open(run / "experiment_data.h5", prober));
  } catch (const Error&) {
    return {};  // the directory has it all
  }
}

}  // namespace neurotape::loader
