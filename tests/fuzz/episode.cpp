// Episode files with a few bytes changed: the input says which, and to what. HDF5 crashes on some, so each is read in a
// child: what counts is where a sanitizer says that it was.

#include <cstdlib>
#include <neurotape/run.hpp>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/fuzz/scratch_file.hpp"

namespace {

using neurotape::Error;

template <class Step>
void attempt(Step step) {
  try {
    step();
  } catch (const Error&) {
  }
}

void read_stream(const neurotape::EpisodeReader& episode, const neurotape::StreamInfo& stream) {
  const std::string name = stream.path.substr(stream.path.find('/') + 1);
  switch (stream.kind) {
    case neurotape::StreamKind::neural_state:
      attempt([&] { episode.neural_state<float>(name).between(0, 50); });
      attempt([&] { episode.neural_state<float>(name).rows(0, 4); });
      break;
    case neurotape::StreamKind::spikes:
      attempt([&] { episode.spikes(name).between(10, 60); });
      break;
    default:
      break;
  }
}

void read_all(const std::filesystem::path& path) {
  const neurotape::Run run(path);
  run.config().dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  for (const auto& line : run.episodes())
    attempt([&] {
      const auto episode = run.episode(line.number);
      for (const auto& stream : episode.streams()) read_stream(episode, stream);
      attempt([&] { episode.events(); });
      attempt([&] { episode.gaps(); });
    });
}

/// Everything that the child says, until it ends.
std::string reading_of(const std::filesystem::path& path) {
  int ends[2];
  if (pipe(ends) != 0) return {};
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    const rlimit two_seconds = {2, 2}, no_core = {0, 0};
    setrlimit(RLIMIT_CPU, &two_seconds);
    setrlimit(RLIMIT_CORE, &no_core);
    attempt([&] { read_all(path); });
    _exit(0);
  }
  close(ends[1]);
  std::string said;
  char part[4096];
  for (ssize_t bytes; (bytes = read(ends[0], part, sizeof part)) > 0;)
    said.append(part, static_cast<std::size_t>(bytes));
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return said;
}

/// The place that a sanitizer sums up as the one at fault, or an exception of another type than ours.
bool is_our_fault(const std::string& said) {
  if (said.find("terminate called") != std::string::npos || said.find("uncaught exception") != std::string::npos)
    return true;
  const auto summary = said.find("SUMMARY: ");
  if (summary == std::string::npos) return false;
  const auto line = said.substr(summary, said.find('\n', summary) - summary);
  return line.find("/loader/") != std::string::npos || line.find("/backends/") != std::string::npos ||
         line.find("neurotape::") != std::string::npos;
}

using Bytes = std::vector<std::uint8_t>;

/// Sound files of both of HDF5's formats, made by seeds.py.
const std::vector<Bytes>& sound_files() {
  static const auto files = [] {
    std::vector<Bytes> all;
    for (const char* name : {"earliest", "latest"}) {
      std::ifstream file(std::filesystem::path(NEUROTAPE_FUZZ_BASES) / name, std::ios::binary);
      all.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
      if (all.back().empty()) std::abort();
    }
    return all;
  }();
  return files;
}

/// The first byte chooses the file; twelve each choose a place, a size, and what is there then.
Bytes changed_file(std::span<const std::uint8_t> choices) {
  constexpr std::size_t kChange = 12, kValue = 4;
  Bytes file = sound_files()[choices[0] % 2];
  for (choices = choices.subspan(1); choices.size() >= kChange; choices = choices.subspan(kChange)) {
    const std::size_t at = choices[0] + choices[1] * std::size_t{256} + choices[2] * std::size_t{65536};
    const std::size_t count = std::size_t{1} << choices[3] % 4;
    for (std::size_t i = 0; i < count; ++i) file[(at + i) % file.size()] = choices[kValue + i];
  }
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const neurotape::fuzz::ScratchFile file("episode_0000.h5");
  file.write(changed_file({data, size}));
  const auto said = reading_of(file.path());
  if (!is_our_fault(said)) return 0;
  std::fputs(said.c_str(), stderr);
  std::abort();
}
