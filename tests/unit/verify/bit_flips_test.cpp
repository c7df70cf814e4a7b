#include <array>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>

#include "fixture.hpp"
#include "reading.hpp"

namespace neurotape::verification {
namespace {

constexpr const char* kOwn = "episodes/episode_0000.h5";
constexpr const char* kSegment = "episodes/segment_0000.h5";

/// With the environment variable NEUROTAPE_LONG_TESTS, all; else a sample.
bool all_of_them() { return std::getenv("NEUROTAPE_LONG_TESTS") != nullptr; }

std::string stream_of(const ListedChunk& chunk) { return chunk.dataset.substr(0, chunk.dataset.rfind('/')); }
std::string column_of(const ListedChunk& chunk) { return chunk.dataset.substr(chunk.dataset.rfind('/') + 1); }

/// Else it is a table, whose records have no checksum.
bool is_column(const ListedChunk& chunk) {
  return column_of(chunk) != "commits" && column_of(chunk) != "gaps" && column_of(chunk) != "chunk_index";
}

bool names(const Fault& fault, const ListedChunk& chunk) {
  // Of timesteps that are in one chunk, nothing else tells.
  return fault.stream == stream_of(chunk) && fault.column == column_of(chunk) && fault.chunk == chunk.number &&
         (fault.timesteps || column_of(chunk) == "timesteps");
}

class BitFlips : public VerifyTest, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    if (!support::have_python()) GTEST_SKIP() << "no python3 with h5py to find the chunks";
  }
  static Codec codec() { return Codec::parse(GetParam()); }

  /// Every chunk of small columns, a few of the large ones.
  static std::vector<ListedChunk> sample(const fs::path& run, std::uint64_t of_each) {
    std::map<std::string, std::uint64_t> taken;
    std::vector<ListedChunk> chunks;
    for (const auto& chunk : chunks_of(run, kOwn))
      if (is_column(chunk) && (all_of_them() || taken[chunk.dataset]++ < of_each)) chunks.push_back(chunk);
    return chunks;
  }
};

TEST_P(BitFlips, InAFinishedChunkAreFound) {
  const auto run = recorded(codec());
  const auto expected = digest(run);
  std::size_t harmless = 0, flips = 0, masked = 0;
  for (const auto& chunk : sample(run, 2)) {
    for (const std::uint64_t at : {std::uint64_t{0}, chunk.bytes / 3}) {
      SCOPED_TRACE(chunk.dataset + " chunk " + std::to_string(chunk.number) + " byte " + std::to_string(at));
      const FlippedBit flipped(run / kOwn, chunk.offset + at, static_cast<unsigned>(at % 8));
      const auto report = verify(run / kOwn);
      ++flips;
      masked += chunk.filter_mask != 0 ? 1U : 0U;
      if (report.faults.empty()) {
        // Bits that deflate does not use: what is read is right.
        ++harmless;
        EXPECT_EQ(digest(run), expected);
      } else {
        EXPECT_TRUE(names(report.faults[0], chunk)) << testing::PrintToString(texts_of(report));
        EXPECT_THROW(digest(run), Error);
      }
    }
  }
  EXPECT_LT(harmless, flips / 10);
  const bool masks_some = codec().family() == Codec::Family::lzf;  // what it cannot make smaller
  EXPECT_TRUE(!masks_some || masked != 0);
  EXPECT_TRUE(harmless == 0 || codec().family() == Codec::Family::gzip);
  expect_sound(verify(run));
}

TEST_P(BitFlips, InCommittedRowsOfAnOpenChunkAreFound) {
  const auto run = killed(codec());
  const auto file = run / kOwn;
  std::map<std::string, StreamInfo> streams;
  for (const auto& stream : Run(file).episode(0).streams()) streams[stream.path] = stream;
  std::size_t open = 0;
  for (const auto& chunk : chunks_of(run, kOwn)) {
    const auto found = streams.find(stream_of(chunk));
    if (found == streams.end() || chunk.filter_mask == 0) continue;
    for (const auto& column : found->second.columns) {
      const auto first_row = chunk.number * column.chunk_rows;
      if (column.name != column_of(chunk) || column_of(chunk) == "data" || first_row >= found->second.rows) continue;
      const auto row_bytes = chunk.bytes / column.chunk_rows;
      const auto committed = std::min(column.chunk_rows, found->second.rows - first_row);
      if (committed == column.chunk_rows) continue;  // finished, and masked by LZF
      SCOPED_TRACE(chunk.dataset);
      ++open;
      for (const std::uint64_t at : {std::uint64_t{0}, committed * row_bytes - 1}) {
        const FlippedBit flipped(file, chunk.offset + at, 3);
        expect_fault(verify(run), {found->first, "checksum in 'commits' is another"});
        EXPECT_THROW(digest(run), Error);
      }
      const FlippedBit uncommitted(file, chunk.offset + committed * row_bytes, 3);
      expect_sound(verify(run));
      EXPECT_NO_THROW(digest(run));
    }
  }
  EXPECT_GT(open, 10U);
}

INSTANTIATE_TEST_SUITE_P(Codecs, BitFlips, testing::Values("none", "gzip", "lzf", "blosc:lz4:5", "blosc:zstd:3"),
                         [](const auto& codec) {
                           std::string name = codec.param;
                           std::replace(name.begin(), name.end(), ':', '_');
                           return name;
                         });

class WholeFile : public VerifyTest {
 protected:
  /// Flips bits one at a time, and counts what comes of it.
  void flip(const fs::path& file, const std::vector<std::uint64_t>& offsets) {
    const auto expected = digest(file);
    std::mt19937 random(11);
    std::array<std::size_t, kOutcomes> count{};
    for (const auto offset : offsets) {
      const unsigned bit = random() % 8;
      const FlippedBit flipped(file, offset, bit);
      const auto outcome = outcome_of(file, expected);
      ++count[static_cast<std::size_t>(outcome)];
      EXPECT_NE(outcome, Outcome::wrong) << "bit " << bit << " of byte " << offset;
      EXPECT_NE(outcome, Outcome::unverified) << "bit " << bit << " of byte " << offset;
    }
    std::cout << file.filename().string() << ": " << offsets.size() << " bits flipped: " << count[0] << " unused, "
              << count[1] << " found and harmless, " << count[2] << " found and refused, " << count[3]
              << " refused and not found, " << count[4] << " read wrong, " << count[5] << " crashes of HDF5, "
              << count[6] << " hung\n";
    EXPECT_GT(count[2], offsets.size() / 4) << "the test flips bits that matter";
    EXPECT_EQ(outcome_of(file, expected), Outcome::sound) << "flipped back";
  }

  static std::vector<std::uint64_t> every(std::uint64_t step, std::uint64_t bytes) {
    std::vector<std::uint64_t> offsets;
    for (std::uint64_t offset = 0; offset < bytes; offset += step) offsets.push_back(offset);
    return offsets;
  }
  /// Of bytes that are not zero, as all are in the space that is reserved for more.
  static std::vector<std::uint64_t> random(std::size_t count, const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(stream), {});
    std::mt19937_64 generator(5);
    std::vector<std::uint64_t> offsets;
    while (offsets.size() < count)
      if (const auto offset = generator() % bytes.size(); bytes[offset] != 0) offsets.push_back(offset);
    return offsets;
  }
};

/// The bytes of a file in shares: all of them, at up to 70 ms each, are more than one test may take. With
/// NEUROTAPE_LONG_TESTS a share needs some minutes.
class ShareOfAFile : public WholeFile, public testing::WithParamInterface<std::uint64_t> {
 public:
  static constexpr std::uint64_t kShares = 16;

 protected:
  static std::vector<std::uint64_t> of_share(const std::vector<std::uint64_t>& offsets) {
    std::vector<std::uint64_t> shared;
    for (std::size_t i = GetParam(); i < offsets.size(); i += kShares) shared.push_back(offsets[i]);
    return shared;
  }
};

TEST_P(ShareOfAFile, OfASmallEpisodeIsNeverReadWrong) {
  auto experiment = create(Codec::blosc("lz4", 5));
  auto episode = experiment.start_episode();
  episode.rewards().record(1, 0.5);
  auto voltage = episode.neural_state<float>("v", {8}, {.chunk_rows = 32});
  for (int t = 0; t < 100; ++t) voltage.record(t, std::vector<float>(8, static_cast<float>(t)));
  for (int t = 0; t < 20; ++t) episode.spikes("e" + std::to_string(t)).record(t, std::vector<int>{t, 2});
  episode.log_event("lesion", 5, {{"region", "CA3"}});
  episode.finish();
  experiment.close();
  const auto file = experiment.path() / kSegment;
  const auto bytes = fs::file_size(file);
  flip(file, of_share(every(all_of_them() ? 1 : bytes / 300, bytes)));
}
INSTANTIATE_TEST_SUITE_P(Shares, ShareOfAFile, testing::Range<std::uint64_t>(0, ShareOfAFile::kShares));

TEST_F(WholeFile, OfALargeEpisodeIsNeverReadWrong) {
  const auto file = recorded() / kOwn;
  flip(file, random(all_of_them() ? 1'000 : 40, file));
}

TEST_F(WholeFile, OfCommitsAreNeverReadWrong) {
  const auto run = killed();
  constexpr std::uint64_t kRecordBytes = 32;
  std::uint64_t records = 0;
  for (const auto& stream : Run(run).episode(0).streams()) records += stream.kind == StreamKind::events ? 2 : 1;
  for (const auto& chunk : chunks_of(run, kOwn)) {
    if (chunk.dataset != "commits") continue;
    std::vector<std::uint64_t> offsets = every(all_of_them() ? 1 : 7, records * kRecordBytes);
    for (auto& offset : offsets) offset += chunk.offset;
    flip(run / kOwn, offsets);
    return;
  }
  FAIL() << "there are no commits";
}

TEST_F(WholeFile, OfAKilledEpisodeIsNeverReadWrong) {
  const auto file = killed() / kOwn;
  flip(file, random(all_of_them() ? 1'000 : 40, file));
}

}  // namespace
}  // namespace neurotape::verification
