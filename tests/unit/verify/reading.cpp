#include "reading.hpp"

#include <fcntl.h>
#include <functional>
#include <neurotape/maintenance.hpp>
#include <neurotape/neurotape.hpp>
#include <stdexcept>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/process.hpp"

namespace neurotape::verification {
namespace {

constexpr unsigned kSeconds = 20;

class Digest {
 public:
  template <class Values>
  void add(const Values& values) {
    const auto* bytes = reinterpret_cast<const char*>(values.data());
    const std::string_view text(bytes, values.size() * sizeof(*values.data()));
    sum_ = sum_ * 1'000'003 + std::hash<std::string_view>()(text) + values.size();
  }
  std::uint64_t sum() const { return sum_; }

 private:
  std::uint64_t sum_ = 0;
};

template <class T>
void add_dense(Digest& digest, const EpisodeReader& episode, const StreamInfo& stream) {
  const auto name = stream.path.substr(stream.path.find('/') + 1);
  const auto reader = stream.kind == StreamKind::behavior ? episode.behavior<T>(name) : episode.neural_state<T>(name);
  const auto rows = reader.all();
  digest.add(rows.timesteps);
  digest.add(rows.values);
  digest.add(reader.between(20, 30).timesteps);
}

void add_stream(Digest& digest, const EpisodeReader& episode, const StreamInfo& stream) {
  digest.add(stream.path);
  switch (stream.kind) {
    case StreamKind::spikes: {
      const auto rows = episode.spikes(stream.path.substr(stream.path.find('/') + 1)).all();
      digest.add(rows.timesteps);
      digest.add(rows.neuron_ids);
      return digest.add(rows.times);
    }
    case StreamKind::rewards: {
      const auto rows = episode.rewards().all();
      digest.add(rows.timesteps);
      return digest.add(rows.values);
    }
    case StreamKind::weight_changes: {
      const auto rows = episode.weight_changes().all();
      digest.add(rows.timesteps);
      digest.add(rows.synapse_ids);
      digest.add(rows.old_weights);
      return digest.add(rows.new_weights);
    }
    case StreamKind::events:
      for (const auto& event : episode.events()) {
        digest.add(event.type);
        digest.add(event.data.dump());
      }
      return;
    default:
      if (stream.columns[1].dtype == Dtype::i32) return add_dense<std::int32_t>(digest, episode, stream);
      if (stream.columns[1].dtype == Dtype::f64) return add_dense<double>(digest, episode, stream);
      return add_dense<float>(digest, episode, stream);
  }
}

bool has_faults(const std::filesystem::path& path) try {
  return !verify(path, {.jobs = 1}).faults.empty();
} catch (const Error&) {
  return true;
}

Outcome look(const std::filesystem::path& path, std::uint64_t expected) {
  bool refused = false;
  try {
    if (digest(path) != expected) return Outcome::wrong;
  } catch (const Error&) {
    refused = true;
  }
  const bool faults = has_faults(path);
  if (refused) return faults ? Outcome::told : Outcome::unverified;
  return faults ? Outcome::harmless : Outcome::sound;
}

}  // namespace

std::uint64_t digest(const std::filesystem::path& path) {
  Digest sum;
  const Run run(path);
  sum.add(run.numbers());
  for (const auto episode : run) {
    sum.add(std::string(episode.status()));
    for (const auto& stream : episode.streams()) add_stream(sum, episode, stream);
  }
  return sum.sum();
}

Outcome outcome_of(const std::filesystem::path& path, std::uint64_t expected) {
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("cannot fork");
  if (child == 0) {
    ::alarm(kSeconds);
    try {
      ::_exit(static_cast<int>(look(path, expected)));
    } catch (...) {
      ::_exit(static_cast<int>(Outcome::crashed));
    }
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status)) return static_cast<Outcome>(WEXITSTATUS(status));
  return WTERMSIG(status) == SIGALRM ? Outcome::hung : Outcome::crashed;
}

FlippedBit::FlippedBit(std::filesystem::path file, std::uint64_t offset, unsigned bit)
    : file_(std::move(file)), offset_(offset), bit_(bit) {
  flip();
}

void FlippedBit::flip() const {
  const int file = ::open(file_.c_str(), O_RDWR | O_CLOEXEC);
  unsigned char byte = 0;
  const bool read = ::pread(file, &byte, 1, static_cast<off_t>(offset_)) == 1;
  byte ^= static_cast<unsigned char>(1U << bit_);
  const bool written = read && ::pwrite(file, &byte, 1, static_cast<off_t>(offset_)) == 1;
  ::close(file);
  if (!written) throw std::runtime_error("cannot flip a bit of " + file_.string());
  // Nobody is writing: a reader that thinks so would try again, and again.
  std::filesystem::last_write_time(file_, std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
}

std::vector<ListedChunk> chunks_of(const std::filesystem::path& run, const std::string& file) {
  const auto finished = support::run_python("unit/verify/damage.py", {"list_chunks", run.string(), file});
  if (finished.status != 0) throw std::runtime_error(finished.output);
  std::vector<ListedChunk> chunks;
  for (const auto& chunk : nlohmann::json::parse(finished.output))
    chunks.push_back({chunk[0], chunk[1], chunk[2], chunk[3], chunk[4]});
  return chunks;
}

}  // namespace neurotape::verification
