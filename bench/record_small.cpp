// Question: what do the small things cost the thread that records them: a scalar, a reward, a spike, a change of
// a weight, a row filled in place?
//
// record/<what>  the recorder            by_hand/<what>  std::vectors, one a column, that are large enough already
// memcpy/<what>  a copy of the same bytes, timesteps included, to memory that was touched but is in no cache
//
// Read p50_ns (of one scalar, one spike, one change) against by_hand: what a program without a recorder would do,
// keeping everything in memory until the end. Short calls are timed 64 at a time, so the tail (p99, p99.9) is
// that of groups of 64; spikes come 1,000 a call and `weight_changes` 100 a call, and are timed one call at a time.

#include <array>
#include <cstdint>
#include <memory>
#include <neurotape/neurotape.hpp>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/support/bench.hpp"
#include "bench/support/cold_memory.hpp"
#include "bench/support/latency.hpp"

namespace neurotape::bench {
namespace {

constexpr std::int64_t kGroup = 64;
constexpr std::size_t kSpikes = 1'000;
constexpr std::size_t kChanges = 100;

std::int64_t samples() { return options().pick(200, 10'000, 20'000); }

/// Times `call(t)`, in groups of so many calls that each record `items`.
template <class Call>
double measure(Figures& figures, std::int64_t calls_a_sample, std::size_t items, Call&& call) {
  Latencies latencies(static_cast<std::size_t>(samples()));
  const Stopwatch watch;
  for (std::int64_t sample = 0; sample < samples(); ++sample) {
    latencies.time(static_cast<double>(calls_a_sample) * static_cast<double>(items), [&] {
      for (std::int64_t i = 0; i < calls_a_sample; ++i) call(sample * calls_a_sample + i);
    });
  }
  const double seconds = watch.seconds();
  latencies.report(figures);
  return seconds;
}

/// The same with an episode to record into: `declare(episode)` makes the call.
template <class Declare>
void add_recorded(const std::string& what, std::int64_t calls_a_sample, std::size_t items, Declare declare) {
  add("record/" + what, [=](Figures& figures) {
    const ScratchDirectory directory;
    auto experiment = Experiment::create(directory.path(), "record_small",
                                         {.codec = Codec::blosc("lz4", 5), .durability = Durability::process});
    auto episode = experiment.start_episode();
    const double seconds = measure(figures, calls_a_sample, items, declare(episode));
    const auto total = experiment.stats().total;
    if (total.waits != 0) throw std::runtime_error("the ring was full: this measured the disk");
    const auto rows = static_cast<std::uint64_t>(samples() * calls_a_sample) * items;
    if (total.rows_recorded != rows) throw std::runtime_error("not all rows were recorded");
    episode.finish();
    experiment.close();
    return seconds;
  });
}

/// Vectors that were touched before, as a ring is.
template <class... T>
struct ByHand {
  explicit ByHand(std::size_t rows) {
    std::apply([&](auto&... column) { (column.resize(rows), ...); }, columns);
    std::apply([](auto&... column) { (column.clear(), ...); }, columns);
  }
  void add_one(T... values) {
    std::apply([&](auto&... column) { (column.push_back(values), ...); }, columns);
    benchmark::ClobberMemory();
  }
  std::tuple<std::vector<T>...> columns;
};

template <class... T, class Call>
void add_by_hand(const std::string& what, std::int64_t calls_a_sample, std::size_t items, Call call) {
  add("by_hand/" + what, [=](Figures& figures) {
    ByHand<T...> rows(static_cast<std::size_t>(samples() * calls_a_sample) * items);
    return measure(figures, calls_a_sample, items, [&](std::int64_t t) { call(rows, t); });
  });
}

void add_memcpy(const std::string& what, std::size_t items, std::size_t item_bytes) {
  add("memcpy/" + what, [=](Figures& figures) {
    ColdMemory cold;
    const std::vector<std::byte> from(items * item_bytes, std::byte{1});
    return measure(figures, 1, items, [&](std::int64_t) { cold.copy(from); });
  });
}

struct Changes {
  Changes() { std::iota(synapses.begin(), synapses.end(), 7U); }
  std::array<std::uint32_t, kChanges> synapses{};
  std::array<float, kChanges> before{}, after{};
};

void add_scalars() {
  add_recorded("scalar", kGroup, 1, [](Episode& episode) {
    return [x = episode.behavior<float>("x", {})](std::int64_t t) mutable { x.record(t, 0.5F); };
  });
  add_recorded("reserve_commit", kGroup, 1, [](Episode& episode) {
    return [x = episode.behavior<float>("x", {})](std::int64_t t) mutable {
      if (auto row = x.reserve(t)) (*row)[0] = 0.5F;
      x.commit();
    };
  });
  add_by_hand<std::int64_t, float>("scalar", kGroup, 1, [](auto& rows, std::int64_t t) { rows.add_one(t, 0.5F); });
  add_recorded("reward", kGroup, 1, [](Episode& episode) {
    return [rewards = episode.rewards()](std::int64_t t) mutable { rewards.record(t, 0.5); };
  });
  add_by_hand<std::int64_t, double>("reward", kGroup, 1, [](auto& rows, std::int64_t t) { rows.add_one(t, 0.5); });
}

void add_spikes() {
  add_memcpy("spike", kSpikes, sizeof(std::int64_t) + sizeof(std::uint32_t));
  std::vector<std::uint32_t> ids(kSpikes);
  std::iota(ids.begin(), ids.end(), 3U);
  add_recorded("spike", 1, kSpikes, [ids](Episode& episode) {
    return [ids, spikes = episode.spikes("all")](std::int64_t t) mutable { spikes.record(t, ids); };
  });
  add_by_hand<std::int64_t, std::uint32_t>("spike", 1, kSpikes, [ids](auto& rows, std::int64_t t) {
    auto& [timesteps, neurons] = rows.columns;
    timesteps.insert(timesteps.end(), ids.size(), t);
    neurons.insert(neurons.end(), ids.begin(), ids.end());
    benchmark::ClobberMemory();
  });
}

void add_weight_changes() {
  add_memcpy("weight_changes", kChanges, sizeof(std::int64_t) + sizeof(std::uint64_t) + 2 * sizeof(float));
  add_recorded("weight_change", kGroup, 1, [](Episode& episode) {
    return [plastic = episode.weight_changes()](std::int64_t t) mutable { plastic.record(t, 7U, 0.25F, 0.5F); };
  });
  add_by_hand<std::int64_t, std::uint64_t, float, float>(
      "weight_change", kGroup, 1, [](auto& rows, std::int64_t t) { rows.add_one(t, 7U, 0.25F, 0.5F); });
  add_recorded("weight_changes", 1, kChanges, [](Episode& episode) {
    return [many = Changes(), plastic = episode.weight_changes()](std::int64_t t) mutable {
      plastic.record(t, many.synapses, many.before, many.after);
    };
  });
  add_by_hand<std::int64_t, std::uint64_t, float, float>(
      "weight_changes", 1, kChanges, [many = Changes()](auto& rows, std::int64_t t) {
        auto& [timesteps, synapses, before, after] = rows.columns;
        timesteps.insert(timesteps.end(), kChanges, t);
        synapses.insert(synapses.end(), many.synapses.begin(), many.synapses.end());
        before.insert(before.end(), many.before.begin(), many.before.end());
        after.insert(after.end(), many.after.begin(), many.after.end());
        benchmark::ClobberMemory();
      });
}

}  // namespace

void register_benchmarks() {
  add_scalars();
  add_spikes();
  add_weight_changes();
}

}  // namespace neurotape::bench
