// Records in several threads while the disk stands still, or while the codec cannot keep up.
//
//   fault_stall DIRECTORY [overflow=block] [call=pwrite] [codec=gzip:1] [rows=8000] [producers=4] [cap=64] [hold=0]
//
// call: which system call does not return; none: the disk is well. The disk comes back when the ring is full: for block
// once all lanes wait, for block_for once each has dropped some rows, for the others once all calls have returned; and
// `hold` seconds later. Line: what the recorder counted, and the most memory that this process had.

#include <chrono>
#include <condition_variable>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <neurotape/neurotape.hpp>
#include <numeric>
#include <thread>

#include "backends/io/operations.hpp"

namespace {

using namespace neurotape;
using namespace neurotape::literals;
using namespace std::chrono_literals;

constexpr std::size_t kWidth = 2'000;
constexpr std::uint32_t kSpikes = 10;
constexpr std::int64_t kRowsBefore = 50;
constexpr std::uint64_t kEnoughDropped = 20;

class StalledDisk final : public io::Operations {
 public:
  explicit StalledDisk(std::string call) : call_(std::move(call)) {}

  ssize_t pwrite(int file, const void* bytes, std::size_t count, off_t offset) override {
    pass("pwrite");
    return Operations::pwrite(file, bytes, count, offset);
  }
  int fallocate(int file, off_t offset, off_t length) override {
    pass("fallocate");
    return Operations::fallocate(file, offset, length);
  }
  int fdatasync(int file) override {
    pass("fdatasync");
    return Operations::fdatasync(file);
  }

  void stall(bool stalls) {
    {
      const std::lock_guard lock(mutex_);
      stalls_ = stalls;
    }
    changed_.notify_all();
  }

 private:
  void pass(std::string_view call) {
    if (call != call_) return;
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !stalls_; });
  }

  const std::string call_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stalls_ = false;
};

/// A dense stream and a population, recorded by one thread.
class Producer {
 public:
  Producer(Episode& episode, int number)
      : number_(number),
        state_(episode.neural_state<float>("v" + std::to_string(number), {kWidth})),
        spikes_(episode.spikes("p" + std::to_string(number))) {}

  void record(std::int64_t from, std::int64_t to) {
    std::vector<float> row(kWidth);
    std::vector<std::uint32_t> ids(kSpikes);
    for (std::int64_t t = from; t < to; ++t) {
      for (std::size_t c = 0; c < kWidth; ++c)
        row[c] = static_cast<float>(t * 31 + static_cast<std::int64_t>(c) + number_);
      std::iota(ids.begin(), ids.end(), static_cast<std::uint32_t>(t) * kSpikes);
      state_.record(t, row);
      spikes_.record(t, ids);
    }
  }

 private:
  int number_;
  DenseStream<float> state_;
  SpikeStream spikes_;
};

std::size_t most_resident_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stoul(line.substr(6)) * 1024;
  return 0;
}

bool is_full(const Stats& stats, std::size_t producers) {
  return stats.total.waits >= producers && stats.ring_used_bytes > stats.ring_bytes / 10 * 9;
}

template <class F>
void wait_until(F it_is_so) {
  while (!it_is_so()) std::this_thread::yield();
}

class Stall {
 public:
  explicit Stall(std::map<std::string, std::string> options)
      : options_(std::move(options)), disk_(options_["call"]), replaced_(disk_) {}

  void run(const std::string& directory) {
    auto experiment = Experiment::create(directory, "run", experiment_options());
    auto episode = experiment.start_episode();
    std::vector<Producer> producers;
    for (int i = 0; i < std::stoi(options_["producers"]); ++i) producers.emplace_back(episode, i);
    for (auto& producer : producers) producer.record(0, kRowsBefore);
    experiment.flush();
    disk_.stall(true);
    std::vector<std::jthread> threads;
    for (auto& producer : producers)
      threads.emplace_back([this, &producer] { producer.record(kRowsBefore, std::stoll(options_["rows"])); });
    if (options_["call"] == "none" || never_waits()) threads.clear();
    if (options_["call"] != "none") wait_until([&] { return is_time(experiment.stats(), producers.size()); });
    std::this_thread::sleep_for(std::chrono::seconds(std::stoi(options_["hold"])));
    const bool returned = threads.empty();
    const auto offered = experiment.stats().total.rows_offered;
    const auto go_on = std::chrono::steady_clock::now();
    disk_.stall(false);
    if (!returned) wait_until([&] { return experiment.stats().total.rows_offered > offered; });
    const std::chrono::duration<double, std::milli> woke_after = std::chrono::steady_clock::now() - go_on;
    threads.clear();
    episode.finish();
    experiment.close();
    const auto total = experiment.stats().total;
    std::cout << nlohmann::json{{"offered", total.rows_offered},       {"recorded", total.rows_recorded},
                                {"dropped", total.rows_dropped},       {"committed", total.rows_committed},
                                {"returned_while_stalled", returned},  {"waits", total.waits},
                                {"woke_after_ms", woke_after.count()}, {"resident", most_resident_bytes()}}
              << std::endl;
  }

 private:
  bool never_waits() { return options_["overflow"] == "drop_newest" || options_["overflow"] == "decimate"; }

  bool is_time(const Stats& stats, std::size_t producers) {
    if (options_["overflow"] == "block") return is_full(stats, producers);
    return stats.total.rows_dropped >= producers * kEnoughDropped;
  }

  ExperimentOptions experiment_options() {
    const std::map<std::string, Overflow> policies{{"block", Overflow::block},
                                                   {"block_for", Overflow::block_for(1ms)},
                                                   {"drop_newest", Overflow::drop_newest},
                                                   {"decimate", Overflow::decimate}};
    return {.memory_cap = std::stoul(options_.at("cap")) * 1_MB,
            .codec = Codec::parse(options_["codec"]),
            .commit_interval = 20ms,
            .overflow = policies.at(options_["overflow"]),
            .on_error = [](const Error&) {}};
  }

  std::map<std::string, std::string> options_;
  StalledDisk disk_;
  io::Replaced replaced_;
};

}  // namespace

int main(int argc, char** argv) try {
  std::map<std::string, std::string> options{{"overflow", "block"}, {"call", "pwrite"}, {"codec", "gzip:1"},
                                             {"rows", "8000"},      {"producers", "4"}, {"cap", "64"},
                                             {"hold", "0"}};
  for (int i = 2; i < argc; ++i) {
    const std::string text = argv[i];
    options.at(text.substr(0, text.find('='))) = text.substr(text.find('=') + 1);
  }
  Stall(options).run(argv[1]);
  return 0;
} catch (const std::exception& error) {
  std::cerr << "fault_stall: " << error.what() << "\n";
  return 2;
}
