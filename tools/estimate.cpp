#include <chrono>
#include <cmath>
#include <filesystem>
#include <neurotape/neurotape.hpp>
#include <random>
#include <unistd.h>

#include "tools/commands.hpp"
#include "tools/subcommand.hpp"
#include "tools/table.hpp"

namespace neurotape::tools {
namespace {

namespace fs = std::filesystem;

constexpr const char* kAbout = "How much disk a recording takes: GB an hour, and hours until the disk is full";
constexpr const char* kFooter =
    R"(Of a RUN, or of one that is being written: its files over the time since it began. Without
RUN, of neurons whose state is kept every --every timesteps and which fire at --rate-hz:
some of that is simulated (voltages that wander at random, Poisson spikes), recorded into a
temporary directory with --codec, and measured. Real data may shrink more, or less.

Examples:
  neurotape estimate RUN
  neurotape estimate --neurons 10000 --dt-ms 0.1 --every 10 --rate-hz 8
  neurotape estimate --neurons 10000 --dt-ms 0.1 --codec blosc:lz4 --speed 0.5 --disk /data

--speed is simulated time over real time: 1 as in real time, 0.5 half as fast.)";

constexpr double kSecondsPerHour = 3600;

struct Rates {
  double raw_bytes_per_hour = 0;
  double file_bytes_per_hour = 0;
};

/// What is recorded where there is no run yet.
struct Plan {
  std::uint64_t neurons = 0;
  double dt_ms = 0.1;
  std::int64_t every = 1;
  double rate_hz = 5;
  std::string codec = "gzip";
  double speed = 1;
};

/// Records as many timesteps of a plan as give some megabytes. \returns bytes a timestep
class Rehearsal {
 public:
  explicit Rehearsal(const Plan& plan) : plan_(plan) {}

  Rates rates() {
    const auto parent = fs::temp_directory_path() / ("neurotape-estimate-" + std::to_string(::getpid()));
    const std::uint64_t steps = this->steps();
    Rates rates;
    try {
      const auto run = record(parent, steps);
      const auto info = info_of_run(Run(run), true);
      const double hours = static_cast<double>(steps) * plan_.dt_ms / 1000 / plan_.speed / kSecondsPerHour;
      rates.raw_bytes_per_hour = info["totals"]["raw_bytes"].get<double>() / hours;
      rates.file_bytes_per_hour = info["totals"]["stored_bytes"].get<double>() / hours;
    } catch (...) {
      remove(parent);
      throw;
    }
    remove(parent);
    return rates;
  }

 private:
  static void remove(const fs::path& path) {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }

  std::uint64_t steps() const {
    constexpr double kBytes = 32e6, kMostSteps = 1e5;
    const double row = 4.0 * static_cast<double>(plan_.neurons) / static_cast<double>(plan_.every);
    return static_cast<std::uint64_t>(std::max(100.0, std::min(kMostSteps, kBytes / row)));
  }

  fs::path record(const fs::path& parent, std::uint64_t steps) {
    auto experiment =
        Experiment::create(parent, "estimate", {.codec = Codec::parse(plan_.codec), .durability = Durability::process});
    auto episode = experiment.start_episode();
    auto voltage = episode.neural_state<float>("v", {plan_.neurons}, {.every = plan_.every});
    auto spikes = episode.spikes("all");
    std::mt19937 generator(1);
    std::normal_distribution<float> noise;
    const double spikes_a_step = static_cast<double>(plan_.neurons) * plan_.rate_hz * plan_.dt_ms / 1000;
    std::poisson_distribution<std::uint64_t> count(std::max(spikes_a_step, std::numeric_limits<double>::min()));
    std::uniform_int_distribution<std::uint32_t> neuron(0, static_cast<std::uint32_t>(plan_.neurons - 1));
    // An Ornstein-Uhlenbeck process, as a membrane driven by many synapses: -65 mV, 5 mV, 20 ms. Gillespie (1996),
    // Phys. Rev. E 54:2084, eq. 1.9.
    constexpr float kMean = -65, kDeviation = 5;
    const auto kept = static_cast<float>(std::exp(-plan_.dt_ms * static_cast<double>(plan_.every) / 20));
    const float added = kDeviation * std::sqrt(1 - kept * kept);
    std::vector<float> v(plan_.neurons);
    for (float& one : v) one = kMean + kDeviation * noise(generator);
    std::vector<std::uint32_t> fired;
    for (std::int64_t t = 0; t < static_cast<std::int64_t>(steps); ++t) {
      if (t % plan_.every == 0)
        for (float& one : v) one = kMean + (one - kMean) * kept + added * noise(generator);
      voltage.record(t, v);
      fired.resize(count(generator));
      for (auto& id : fired) id = neuron(generator);
      std::sort(fired.begin(), fired.end());
      spikes.record(t, fired);
    }
    episode.finish();
    experiment.close();
    return experiment.path();
  }

  const Plan& plan_;
};

/// \throws Error not_found: nothing was recorded, or for no time
Rates rates_of(const Run& run) {
  const auto info = info_of_run(run, true);
  double first = std::numeric_limits<double>::infinity(), last = -first;
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  const auto list = list_of_episodes(run, true);
  for (const auto& episode : list["episodes"]) {
    const auto started = seconds_of_time(plain(episode["started"])), ended = seconds_of_time(plain(episode["ended"]));
    if (started) first = std::min(first, *started);
    if (ended || episode["live"].get<bool>()) last = std::max(last, ended.value_or(now));
  }
  if (!(last > first))
    throw Error(ErrorCode::not_found, "it does not say how long it was recorded", {.path = run.path().string()});
  const double hours = (last - first) / kSecondsPerHour;
  return {info["totals"]["raw_bytes"].get<double>() / hours, info["totals"]["file_bytes"].get<double>() / hours};
}

Json estimate(const Rates& rates, const fs::path& disk, const std::string& how) {
  std::error_code error;
  const auto space = fs::space(disk, error);
  if (error) throw Error(ErrorCode::io, "cannot look at the disk: " + error.message(), {.path = disk.string()});
  const auto free = static_cast<double>(space.available);
  const double per_hour = rates.file_bytes_per_hour;
  return {{"from", how},
          {"raw_bytes_per_hour", rates.raw_bytes_per_hour},
          {"file_bytes_per_hour", per_hour},
          {"ratio", per_hour > 0 ? Json(rates.raw_bytes_per_hour / per_hour) : Json()},
          {"disk", disk.string()},
          {"free_bytes", space.available},
          {"hours_left", per_hour > 0 ? Json(free / per_hour) : Json()}};
}

std::string estimate_text(const Json& found) {
  const auto gigabytes = [&](const char* key) {
    return number_text("%.4g GB an hour", found[key].get<double>() / 1e9);
  };
  Table table({"", ""});
  table.add({"from", plain(found["from"])});
  table.add({"raw", gigabytes("raw_bytes_per_hour")});
  table.add({"files", gigabytes("file_bytes_per_hour")});
  table.add({"ratio", found["ratio"].is_null() ? "" : number_text("%.3g", found["ratio"].get<double>())});
  table.add({"free", size_text(found["free_bytes"]) + " at " + plain(found["disk"])});
  table.add(
      {"full in", found["hours_left"].is_null() ? "" : number_text("%.4g hours", found["hours_left"].get<double>())});
  return table.to_string();
}

struct Arguments : RunArguments {
  Plan plan;
  std::string disk;
  const CLI::App* command = nullptr;

  std::string rehearsed() const { return number_text("a rehearsal; in an hour %.4g hours are simulated", plan.speed); }

  int execute() const {
    if (path.empty() == (plan.neurons == 0))
      return fail("estimate needs either RUN or --neurons (neurotape estimate --help tells the usage)");
    if (path.empty())
      return answer(estimate(Rehearsal(plan).rates(), disk.empty() ? "." : disk, rehearsed()), as_json, estimate_text);
    if (const char* option = first_given(*command, {"--dt-ms", "--every", "--rate-hz", "--codec", "--speed"}))
      return fail(std::string(option) + " goes with --neurons: of RUN it is measured what was recorded");
    const auto run = open();
    const auto found = estimate(rates_of(run), disk.empty() ? run.path() : fs::path(disk), "the run so far");
    return answer(found, as_json, estimate_text);
  }
};

}  // namespace

Subcommand add_estimate(CLI::App& app) {
  return declare<Arguments>(app, "estimate", kAbout, kFooter, [](CLI::App& command, Arguments& arguments) {
    auto& plan = arguments.plan;
    arguments.command = &command;
    command.add_option("RUN", arguments.path, "Run directory, episode file, segment or packed file");
    command.add_option("--neurons", plan.neurons, "Neurons that are recorded")->check(CLI::Range(1U, 100'000'000U));
    command.add_option("--dt-ms", plan.dt_ms, "Milliseconds of a timestep (0.1)")->check(above_zero());
    command.add_option("--every", plan.every, "State is kept every so many timesteps (1)")->check(above_zero());
    command.add_option("--rate-hz", plan.rate_hz, "Spikes of a neuron in a second (5)")->check(zero_or_more());
    command.add_option("--codec", plan.codec, "none, gzip:6, lzf, blosc:lz4:5, ... (gzip)");
    command.add_option("--speed", plan.speed, "Simulated over real time (1)")->check(above_zero());
    command.add_option("--disk", arguments.disk, "Directory whose disk is meant");
    arguments.add_json(command);
  });
}

}  // namespace neurotape::tools
