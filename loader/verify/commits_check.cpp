#include <array>
#include <cstddef>
#include <fmt/format.h>
#include <set>

#include "loader/records.hpp"
#include "loader/verify/stream_check.hpp"

namespace neurotape::loader {
namespace {

struct CommitRecord {
  std::uint64_t number;
  std::uint64_t stream;
  std::uint64_t rows;
  std::uint64_t open_rows_xxh3;
  double wall_time;
};
constexpr std::array<Field, 5> kCommitFields = {
    {{"number", Field::Kind::u64, offsetof(CommitRecord, number)},
     {"stream", Field::Kind::u64, offsetof(CommitRecord, stream)},
     {"rows", Field::Kind::u64, offsetof(CommitRecord, rows)},
     {"open_rows_xxh3", Field::Kind::u64, offsetof(CommitRecord, open_rows_xxh3)},
     {"wall_time", Field::Kind::f64, offsetof(CommitRecord, wall_time)}}};

}  // namespace

void check_commits(Checks& checks) try {
  const auto& episode = checks.episode;
  const auto fault = [&](std::string what) {
    checks.findings.add({checks.file, episode.id, "", "commits", {}, {}, std::move(what)});
  };
  if (!episode.has_dataset("commits")) return;
  std::uint64_t number = 0, record_number = 0;
  std::set<std::uint64_t> in_this_commit;
  read_records<CommitRecord>(
      *episode.file, episode.path_of("commits"), episode.place(), kCommitFields, [&](const CommitRecord& record) {
        if (record.number != number) in_this_commit.clear();
        if (record.number < number)
          fault(fmt::format("record {}: commit {} comes behind commit {}", record_number, record.number, number));
        if (!in_this_commit.insert(record.stream).second)
          fault(fmt::format("record {}: commit {} names stream {} twice", record_number, number, record.stream));
        auto& last = checks.last_commits[record.stream];
        if (record.rows < last.rows)
          fault(fmt::format("record {}: stream {} has {} rows, but had {} before", record_number, record.stream,
                            record.rows, last.rows));
        number = record.number;
        last = {record.rows, record.open_rows_xxh3};
        ++record_number;
      });
} catch (const Error& error) {
  checks.findings.add({checks.file, checks.episode.id, "", "commits", {}, {}, cause_of(error)});
}

}  // namespace neurotape::loader
