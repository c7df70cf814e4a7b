// Memory runs out at one request of a small recording, whichever it is. Each case is a child process; NEUROTAPE_LONG_TESTS
// makes it every request.

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <tuple>

#include "tests/integration/support.hpp"
#include "tests/life/child.hpp"
#include "tests/life/memory.hpp"

namespace neurotape::outside {
namespace {

using namespace life;

constexpr int kRows = 40;
constexpr std::size_t kWidth = 16;

/// What the judge may know, as the victim of tests/fault tells it: a line at once and whole. Any thread.
class Notes {
 public:
  explicit Notes(const std::filesystem::path& path) : file_(std::fopen(path.c_str(), "w")) {}
  Notes(const Notes&) = delete;
  Notes& operator=(const Notes&) = delete;
  ~Notes() { std::fclose(file_); }
  void safe(int episode, int rows, int events) {
    std::fprintf(file_,
                 R"({"episode": %d, "rows": {"neural_states/v0": %d, "spikes/p": %d, "rewards": %d, )"
                 R"("weight_changes": %d, "events": %d}, "first": [0]})"
                 "\n",
                 episode, rows, 2 * rows, rows, rows, events);
    std::fflush(file_);
  }
  void refused_row() {
    std::fputs("{\"error\": \"a row goes back\"}\n", file_);
    std::fflush(file_);
  }
  void lost_events() {
    std::fputs("{\"lossy\": [\"events\"]}\n", file_);
    std::fflush(file_);
  }
  void finished(int episode, int rows) {
    std::fprintf(file_, "{\"finished\": %d, \"rows\": %d}\n", episode, rows);
    std::fflush(file_);
  }

 private:
  std::FILE* file_;
};

/// The values that tests/fault/judge.py expects.
class Recording {
 public:
  Recording(Experiment& experiment, Notes& notes)
      : notes_(notes),
        episode_(experiment.start_episode({.seed = 7, .attributes = {{"maze", "T"}}})),
        dense_(episode_.neural_state<float>("v0", {kWidth}, {.chunk_rows = 32})),
        spikes_(episode_.spikes("p")),
        rewards_(episode_.rewards()),
        weights_(episode_.weight_changes()) {}

  void record(std::int64_t rows) noexcept {
    for (const auto end = t_ + rows; t_ < end; ++t_) {
      std::array<float, kWidth> row;
      for (std::size_t c = 0; c < kWidth; ++c) row[c] = static_cast<float>(t_ * 31 + static_cast<std::int64_t>(c));
      dense_.record(t_, row);
      spikes_.record(t_, std::array{static_cast<std::uint32_t>(t_), static_cast<std::uint32_t>(t_ + 1)});
      rewards_.record(t_, static_cast<double>(t_) / 4);
      weights_.record(t_, t_, static_cast<float>(t_), static_cast<float>(t_) / 2);
      if (t_ % 8 == 0) log_event();
    }
    dense_.record(0, std::array<float, kWidth>{});  // goes back, and is refused
  }
  Episode& episode() noexcept { return episode_; }
  int number() const noexcept { return static_cast<int>(episode_.number()); }
  /// All that there should be, or none where the log of one needed memory.
  int events() const {
    for (const auto& stream : episode_.stats().streams)
      if (stream.stream == "events" && static_cast<std::int64_t>(stream.rows_recorded) == (t_ + 7) / 8)
        return static_cast<int>(stream.rows_recorded);
    return 0;
  }

 private:
  // The argument needs memory of the caller's own.
  void log_event() noexcept try {
    const nlohmann::json data{{"t", t_}};
    episode_.log_event("mark", t_, data);
  } catch (const std::bad_alloc&) {
    notes_.lost_events();
  }

  Notes& notes_;
  Episode episode_;
  DenseStream<float> dense_;
  SpikeStream spikes_;
  RewardStream rewards_;
  WeightChangeStream<float> weights_;
  std::int64_t t_ = 0;
};

struct How {
  std::string name;
  Codec codec;
  Durability durability;

  friend void PrintTo(const How& how, std::ostream* out) { *out << how.name; }
};

/// Whether all of it went well, as far as anybody was told.
bool live(const std::filesystem::path& parent, Notes& notes, const How& how) {
  std::atomic<bool> lost = false;
  auto experiment = Experiment::create(parent, "run",
                                       {.memory_cap = 16_MB,
                                        .n_workers = 1,
                                        .codec = how.codec,
                                        .commit_interval = std::chrono::hours(1),
                                        .durability = how.durability,
                                        .on_error = [&](const Error& error) {
                                          if (error.code() == ErrorCode::timestep_order) notes.refused_row();
                                          if (error.code() != ErrorCode::io) return;
                                          lost = true;
                                          notes.lost_events();  // an event needs memory of its own
                                        }});
  experiment.save_config({{"learning_rate", 0.25}});
  experiment.save_neurons({{"ids", std::array{1, 2, 3}}});
  Recording large(experiment, notes);
  bool events = true;
  for (int beat = 1; beat <= 2; ++beat) {
    large.record(kRows);
    experiment.flush();
    notes.safe(large.number(), beat * kRows, large.events());
    events = events && large.events() != 0;
    if (!events) notes.lost_events();
  }
  {
    Recording brief(experiment, notes);
    brief.record(5);
    events = events && brief.events() != 0;
    if (!events) notes.lost_events();
  }
  large.episode().set_attribute("late", 1);
  try {
    large.episode().finish();
  } catch (const Error&) {  // the row that went back
  }
  try {
    experiment.close();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::timestep_order) throw;
  }
  if (!lost && events) notes.finished(large.number(), 2 * kRows);
  return !lost && events;
}

/// A whole life with memory refused from request `first` on. Exit status: 0 complete, 1 something was told or thrown.
int live_without_memory(const std::filesystem::path& parent, const How& how, std::uint64_t first, std::uint64_t times,
                        std::uint64_t* requests) {
  Notes notes(parent / "told");
  int status = 1;
  refuse_memory(first, times);
  try {
    status = live(parent, notes, how) ? 0 : 1;
  } catch (const std::exception&) {  // it may throw
  }
  if (requests != nullptr) *requests = memory_requests();
  give_memory_again();
  return status;
}

/// Recovers, verifies and reads a copy of what a recorder left that was killed. Exit status: 0 all of it, 1 something was
/// thrown or told.
int read_without_memory(const std::filesystem::path& run, std::uint64_t first, std::uint64_t times,
                        std::uint64_t* requests) {
  int status = 1;
  refuse_memory(first, times);
  try {
    const auto report = recover(run);
    const auto found = verify(run, {.jobs = 1});
    const auto episode = Run(run).episode(0);
    const auto rows = episode.neural_state<float>("v0").all().size() + episode.spikes("p").all().size();
    const bool whole = rows == 3 * kRows && report.unreadable.empty() && found.faults.empty();
    status = whole && episode.events().size() == (kRows + 7) / 8 ? 0 : 1;
  } catch (const std::exception&) {  // it may throw
  }
  if (requests != nullptr) *requests = memory_requests();
  give_memory_again();
  return status;
}

class RecoverWithoutMemory : public JudgedTest, public ::testing::WithParamInterface<std::uint64_t> {};

TEST_P(RecoverWithoutMemory, HarmsNoRun) {
  const auto left = directory() / "left";
  ASSERT_EQ(in_child([&] {
              auto experiment = create({.commit_interval = std::chrono::hours(1), .durability = Durability::power});
              Notes notes("/dev/null");
              Recording large(experiment, notes);
              large.record(kRows);
              experiment.flush();
              std::filesystem::copy(experiment.path(), left, std::filesystem::copy_options::recursive);
              return 0;
            }),
            "exit 0");
  const auto copy = [&](std::uint64_t number) {
    const auto path = directory() / std::to_string(number);
    std::filesystem::copy(left, path, std::filesystem::copy_options::recursive);
    return path;
  };
  const auto requests =
      requests_of([&](std::uint64_t* count) { return read_without_memory(copy(UINT64_MAX), UINT64_MAX, 0, count); });
  ASSERT_GT(requests, 500U);
  const std::uint64_t step = std::getenv("NEUROTAPE_LONG_TESTS") != nullptr ? 1 : requests / 100;
  for (std::uint64_t first = 1; first <= requests; first += step) {
    const auto path = copy(first);
    const auto end = in_child([&] {
      ::close(STDERR_FILENO);  // what a program says that ends so
      return read_without_memory(path, first, GetParam(), nullptr);
    });
    // nlohmann::json's destructor allocates, and ends the program where it cannot.
    EXPECT_TRUE(end == "exit 0" || end == "exit 1" || end == "signal 6")
        << "request " << first << " of " << requests << ": " << end;
    EXPECT_EQ(in_child([&] { return read_without_memory(path, UINT64_MAX, 0, nullptr); }), "exit 0") << first;
    std::filesystem::remove_all(path);
  }
}

INSTANTIATE_TEST_SUITE_P(Times, RecoverWithoutMemory, ::testing::Values(1, 50));

/// What it is recorded with, and how many requests are refused.
using Case = std::tuple<How, std::uint64_t>;

class OutOfMemory : public JudgedTest, public ::testing::WithParamInterface<Case> {};

TEST_P(OutOfMemory, EndsNoProgramAndLosesNothingThatWasSafe) {
  const auto& how = std::get<How>(GetParam());
  const auto times = std::get<1>(GetParam());
  const auto directory_of = [&](std::uint64_t first) {
    const auto path = directory() / std::to_string(first);
    std::filesystem::create_directory(path);
    return path;
  };
  const auto requests = requests_of(
      [&](std::uint64_t* count) { return live_without_memory(directory_of(0), how, UINT64_MAX, 0, count); });
  ASSERT_GT(requests, 1'000U);
  const std::uint64_t step = std::getenv("NEUROTAPE_LONG_TESTS") != nullptr ? 1 : requests / 80;
  for (std::uint64_t first = 1; first <= requests; first += step) {
    const auto path = directory_of(first);
    const auto end = in_child([&] { return live_without_memory(path, how, first, times, nullptr); });
    EXPECT_TRUE(end == "exit 0" || end == "exit 1") << "request " << first << " of " << requests << ": " << end;
  }
  const Finished judged = run_python("life/judge_all.py", {directory().string()});
  EXPECT_EQ(judged.status, 0) << judged.output;
}

INSTANTIATE_TEST_SUITE_P(Times, OutOfMemory,
                         ::testing::Combine(::testing::Values(How{"gzip_process", Codec::gzip(1), Durability::process},
                                                              How{"blosc_power", Codec::blosc("lz4", 5),
                                                                  Durability::power}),
                                            ::testing::Values(1, 3, 50)),
                         [](const auto& tested) {
                           return std::get<How>(tested.param).name + "_" + std::to_string(std::get<1>(tested.param));
                         });

}  // namespace
}  // namespace neurotape::outside
