// Episode files with a few bytes changed: the input says which, and to what. HDF5 crashes on some, so each is read in a
// child: what counts is where a sanitizer says that it was.

#include <cstdlib>
#include <neurotape/run.hpp>

#include "tests/fuzz/in_child.hpp"
#include "tests/fuzz/scratch_file.hpp"

namespace {

namespace fuzz = neurotape::fuzz;
using fuzz::attempt;

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

/// The first byte chooses the file.
Bytes changed_file(std::span<const std::uint8_t> choices) {
  Bytes file = sound_files()[choices[0] % 2];
  fuzz::change(file, choices.subspan(1));
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const neurotape::fuzz::ScratchFile file("episode_0000.h5");
  file.write(changed_file({data, size}));
  fuzz::in_child([] { read_all(file.path()); });
  return 0;
}
