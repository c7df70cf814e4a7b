#include "fixture.hpp"

#include <limits>
#include <sstream>

namespace neurotape::verification {
namespace {

constexpr std::size_t kPixels = (std::size_t{1} << 17) + 100;  // of 8 bytes: more than 1 MiB
constexpr std::int64_t kTimestepsOfLarge = 6'000;
constexpr std::int64_t kTimestepsOfSmall = 40;
constexpr std::int64_t kCommitted = 3'000;

ExperimentOptions options_with(const Codec& codec) {
  ExperimentOptions options;
  options.codec = codec;
  options.commit_interval = std::chrono::hours(1);  // commits are those that a test asks for
  options.validate = Validate(true, NanPolicy::reject);
  options.on_error = [](const Error&) {};  // of rows that are dropped on purpose
  options.dt = 0.1;
  return options;
}

/// Rows that come behind later ones, so that the stream is not sorted.
void record_late(Experiment& experiment, Episode& episode) {
  auto on_time = episode.spikes("late");
  auto behind = on_time.lane();
  on_time.record(100, std::vector<int>{1, 2});
  experiment.flush();
  behind.record(50, std::vector<int>{3});
  on_time.record(101, std::vector<int>{4});
}

/// \throws nothing: the dropped rows are what an episode ends with
void finish(Episode& episode) try { episode.finish(); } catch (const Error&) {
}
void close(Experiment& experiment) try { experiment.close(); } catch (const Error&) {
}

}  // namespace

std::string text_of(const Fault& fault) {
  std::ostringstream text;
  for (const auto* part : {&fault.file, &fault.episode, &fault.stream, &fault.column})
    if (!part->empty()) text << *part << ' ';
  if (fault.chunk) text << "chunk " << *fault.chunk << ' ';
  if (fault.timesteps) text << "timesteps " << fault.timesteps->first << ".." << fault.timesteps->last << ' ';
  return text.str() + fault.what;
}

std::vector<std::string> texts_of(const VerifyReport& report) {
  std::vector<std::string> texts;
  for (const auto& fault : report.faults) texts.push_back(text_of(fault));
  return texts;
}

EveryStream::EveryStream(Episode& episode, std::size_t width)
    : row_(width),
      pixels_(kPixels, 0.5),
      episode_(episode),
      voltage_(episode.neural_state<float>("voltage", {width}, {.unit = "mV", .chunk_rows = 64})),
      chosen_(episode.neural_state<float>("chosen", {5}, {.every = 10, .columns = std::vector<int>{1, 3}})),
      noise_(episode.behavior<std::int32_t>("noise", {4}, {.chunk_rows = 256})),
      image_(episode.behavior<double>("image", {kPixels}, {.every = 1'000})),
      spikes_(episode.spikes("exc", {.chunk_rows = 256})),
      timed_(episode.spikes<std::uint64_t>("timed", {.times = true})),
      rewards_(episode.rewards()),
      weights_(episode.weight_changes()) {}

void EveryStream::record(std::int64_t count) {
  const std::vector<float> five(5, 1.5F);
  for (const auto end = next_ + count; next_ < end; ++next_) {
    std::generate(row_.begin(), row_.end(), [&] { return static_cast<float>(random_()) / 1e9F; });
    // Dropped, and listed in the gaps.
    if (next_ % 500 == 77) row_[0] = std::numeric_limits<float>::quiet_NaN();
    voltage_.record(next_, row_);
    chosen_.record(next_, five);
    std::generate(bits_.begin(), bits_.end(), [&] { return static_cast<std::int32_t>(random_()); });
    noise_.record(next_, bits_);
    image_.record(next_, pixels_);
    spikes_.record(next_, std::vector<int>{1, static_cast<int>(next_ % 100), 7});
    timed_.record(next_, std::vector<int>{3}, std::vector<double>{static_cast<double>(next_) * 0.1});
    if (next_ % 7 == 0) rewards_.record(next_, static_cast<double>(random_()) / 3);
    if (next_ % 5 == 0) weights_.record(next_, next_, 0.5F, 0.75F);
    if (next_ % 100 == 0) episode_.log_event("lesion", next_, {{"region", "CA3"}, {"at", next_}});
  }
}

Experiment VerifyTest::create(Codec codec, std::string_view name) const {
  auto experiment = Experiment::create(directory(), name, options_with(codec));
  experiment.save_config({{"learning_rate", 1e-3}, {"network", {{"size", 100}}}});
  experiment.save_neurons({{"ids", std::vector<std::uint32_t>(100'000, 7)}});
  experiment.save_connections({{"weights", std::vector<double>(1'000, 0.25)}});
  return experiment;
}

fs::path VerifyTest::recorded(Codec codec) const {
  auto experiment = create(codec, "closed");
  {
    auto large = experiment.start_episode({.seed = 7, .attributes = {{"maze", "T"}}});
    EveryStream streams(large);
    record_late(experiment, large);
    for (int commit = 0; commit < 3; ++commit) {
      streams.record(kTimestepsOfLarge / 3);
      if (commit < 2) experiment.flush();
    }
    finish(large);
  }
  for (int number = 1; number < 4; ++number) {
    auto small = experiment.start_episode();
    EveryStream streams(small, 8);
    streams.record(kTimestepsOfSmall);
    if (number == 2) experiment.flush();
    if (number == 3) {
      small.abort();
    } else {
      finish(small);
    }
  }
  close(experiment);
  return experiment.path();
}

fs::path VerifyTest::killed(Codec codec) const {
  auto experiment = create(codec, "live");
  const auto copy = directory() / "killed";
  {
    auto episode = experiment.start_episode();
    EveryStream streams(episode);
    streams.record(kCommitted);
    record_late(experiment, episode);
    experiment.flush();
    streams.record(10);
    fs::copy(experiment.path(), copy, fs::copy_options::recursive);
    finish(episode);
  }
  close(experiment);
  fs::remove_all(experiment.path());
  return copy;
}

void VerifyTest::damage(const fs::path& run, const std::string& how, const std::vector<std::string>& arguments) const {
  std::vector<std::string> all{how, run.string()};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const auto finished = support::run_python("unit/verify/damage.py", all);
  ASSERT_EQ(finished.status, 0) << finished.output;
}

void expect_sound(const VerifyReport& report) { EXPECT_THAT(texts_of(report), testing::IsEmpty()); }

void expect_fault(const VerifyReport& report, const std::vector<std::string>& words) {
  const auto texts = texts_of(report);
  const auto has_all = [&](const std::string& text) {
    return std::all_of(words.begin(), words.end(), [&](const auto& word) { return text.find(word) != text.npos; });
  };
  if (std::any_of(texts.begin(), texts.end(), has_all)) return;
  ADD_FAILURE() << testing::PrintToString(words) << " is not in " << testing::PrintToString(texts);
}

}  // namespace neurotape::verification
