#pragma once
/// \file
/// Episodes of random streams.

#include <chrono>
#include <optional>

#include "tests/integration/support.hpp"
#include "tests/interop/stream_cases.hpp"

namespace neurotape::outside {

inline Shape random_shape(Random& random) {
  if (random.one_in(12)) return random.one_in(2) ? Shape(0) : Shape(3, 0, 2);
  std::vector<std::uint64_t> dimensions(random.below(5));
  for (auto& dimension : dimensions) dimension = random.one_in(5) ? random.between(6, 70) : random.between(1, 5);
  Shape shape{std::span<const std::uint64_t>(dimensions)};
  return shape.values() > 1'000 ? Shape(1'000) : shape;  // rows that `chunk_rows` may have 300 of
}

// 0.9 to 3 MiB: two of them do not fit in a block, or one does not.
inline Shape large_shape(Random& random, std::size_t element_bytes) {
  const std::uint64_t values = (900'000 + random.below(2'200'000)) / element_bytes;
  switch (random.below(4)) {
    case 0:
      return Shape(values);
    case 1:
      return Shape(values / 7, 7);
    case 2:
      return Shape(3, values / 3);
    default:
      return Shape(2, values / 10, 5);
  }
}

inline StreamOptions random_options(Random& random) {
  StreamOptions options;
  options.codec = random_codec(random);
  if (random.one_in(2)) options.chunk_rows = random.between(1, 300);
  return options;
}

class EpisodeCase {
 public:
  EpisodeCase(Experiment& experiment, Random& random) : episode_(experiment.start_episode()), random_(random.bits()) {}

  void add_streams(int dense) {
    for (int i = 0; i < dense; ++i) add_any_dense("stream " + std::to_string(i), random_shape(random_), 1);
    add_spikes();
    streams_.emplace_back(std::make_unique<RewardCase>(episode_, random_options(random_)), random_.between(1, 4));
    if (random_.one_in(2)) {
      streams_.emplace_back(std::make_unique<WeightCase<float>>(episode_, random_options(random_)), 1);
    } else {
      streams_.emplace_back(std::make_unique<WeightCase<double>>(episode_, random_options(random_)), 1);
    }
    streams_.emplace_back(std::make_unique<EventCase>(episode_), 17);
    t_ = static_cast<std::int64_t>(random_.below(100)) - 50;
  }
  // Rows of some MiB, a few of them; random bits, so that the episode stays large.
  void add_large() {
    DenseChoice choice{true, "large", large_shape(random_, sizeof(double)), random_options(random_),
                       Values::random_bits};
    choice.options.chunk_rows = 0;
    streams_.emplace_back(std::make_unique<DenseCase<double>>(episode_, choice), 80);
    add_any_dense("also large", large_shape(random_, 1), 80, Dtype::u8);
  }

  void step() {
    t_ += random_.one_in(10) ? static_cast<std::int64_t>(random_.between(2, 40)) : 1;
    ++steps_;
    for (auto& [stream, stride] : streams_)
      if (steps_ % stride == 0) stream->record(t_, random_);
  }
  void finish() { episode_.finish(); }

  void expect(Expectations& expectations) const {
    for (const auto& [stream, stride] : streams_)
      if (stream->expected().rows != 0 || stream->expected().path != "events")
        expectations.add(episode_.id(), stream->expected());
  }
  void compare(const Run& run) {
    const auto reader = run.episode(episode_.number());
    for (const auto& [stream, stride] : streams_) stream->compare(reader, random_);
  }
  std::uint64_t number() const noexcept { return episode_.number(); }

 private:
  void add_any_dense(const std::string& name, const Shape& shape, std::uint64_t stride,
                     std::optional<Dtype> dtype = {}) {
    visit_dtype(dtype.value_or(static_cast<Dtype>(random_.below(11))),
                [&]<class T>(T) { add_dense<T>(name, shape, stride); });
  }

  template <class T>
  void add_dense(const std::string& name, const Shape& shape, std::uint64_t stride) {
    constexpr std::array kKinds = {Values::random_bits, Values::ramp, Values::zeros, Values::special};
    DenseChoice choice{random_.one_in(2), name, shape, random_options(random_), random_.pick(kKinds)};
    if (stride > 1) choice.options.chunk_rows = random_.below(2);
    if (stride == 1 && random_.one_in(3)) choice.options.every = static_cast<std::int64_t>(random_.between(2, 5));
    if (shape.rank() == 1 && shape.values() >= 3) {
      if (random_.one_in(3)) {
        std::vector<std::uint64_t> columns(random_.between(1, shape.values()));
        for (auto& column : columns) column = random_.below(shape.values());
        choice.options.columns = columns;
      } else if (random_.one_in(2)) {
        choice.column_lanes = random_.between(1, 3);
      }
    }
    streams_.emplace_back(std::make_unique<DenseCase<T>>(episode_, std::move(choice)), stride);
  }

  void add_spikes() {
    SpikeChoice one{"excitatory", random_options(random_), 1, random_.below(40)};
    one.options.times = random_.one_in(2);
    SpikeChoice merged{"inhibitory", random_options(random_), random_.between(2, 4), 5};
    merged.options.population_size = 1'000;
    SpikeChoice wide{"wide", random_options(random_), 1, 3};
    streams_.emplace_back(std::make_unique<SpikeCase<std::uint32_t>>(episode_, one), 1);
    streams_.emplace_back(std::make_unique<SpikeCase<std::uint32_t>>(episode_, merged), 1);
    streams_.emplace_back(std::make_unique<SpikeCase<std::uint64_t>>(episode_, wide), random_.between(1, 9));
  }

  Episode episode_;
  Random random_;
  std::vector<std::pair<std::unique_ptr<StreamCase>, std::uint64_t>> streams_;
  std::uint64_t steps_ = 0;
  std::int64_t t_ = 0;
};

inline void record(EpisodeCase& episode, int steps, Experiment& experiment, Random& random,
                   std::uint64_t flush_one_in) {
  for (int i = 0; i < steps; ++i) {
    episode.step();
    if (flush_one_in != 0 && random.one_in(flush_one_in)) experiment.flush();
  }
}

// The tool that comes with HDF5, with the plug-ins that a distribution has.
class Dumped : public RunTest {
 protected:
  void SetUp() override {
    if (run_command("h5dump --version").status != 0) GTEST_SKIP() << "no h5dump";
  }
  // The LZF plug-in of Debian 12 does not name the library that it needs.
  static Finished h5dump(const std::string& options, const std::filesystem::path& file) {
    return run_command(with_plugins() + "LD_PRELOAD=liblzf.so.1 h5dump " + options + " '" + file.string() + "'");
  }
};

}  // namespace neurotape::outside
