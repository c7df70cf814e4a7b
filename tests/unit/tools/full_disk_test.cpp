// Commands that write, and a disk that takes no more after so many KiB: an error that says so, and nothing is left.

#include <map>
#include <random>

#include "tool.hpp"

namespace neurotape::tool {
namespace {

using testing::HasSubstr;

class FullDisk : public ToolTest, public testing::WithParamInterface<std::string> {
 protected:
  /// Streams that every format takes, of more than a MiB.
  std::filesystem::path large_run() const {
    auto experiment = create();
    experiment.save_neurons({{"ids", std::vector<std::uint32_t>(100'000, 7)}});
    auto episode = experiment.start_episode();
    auto observations = episode.neural_state<float>("observations", {16});
    auto actions = episode.behavior<float>("actions", {2});
    auto rewards = episode.rewards();
    auto spikes = episode.spikes("exc");
    std::minstd_rand numbers;
    std::vector<float> row(16), action(2);
    for (int t = 0; t < 20'000; ++t) {
      for (auto& value : row) value = static_cast<float>(numbers());
      for (auto& value : action) value = static_cast<float>(numbers());
      observations.record(t, row);
      actions.record(t, action);
      rewards.record(t, 1e-9 * static_cast<double>(numbers()));
      spikes.record(t, std::vector<std::uint32_t>{static_cast<std::uint32_t>(numbers() % 1'000), 1});
    }
    episode.finish();
    experiment.close();
    return experiment.path();
  }
  /// All that there is, and the lengths of files.
  std::map<std::string, std::uintmax_t> files() const {
    std::map<std::string, std::uintmax_t> all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory()))
      all[entry.path().string()] = entry.is_regular_file() ? entry.file_size() : 0;
    return all;
  }
};

TEST_P(FullDisk, LeavesNothingAndIsTold) {
  const auto source = large_run();
  const auto packed = directory() / "source.h5";
  text({"pack", source, "-o", packed});
  std::string command = GetParam();
  const auto put = [&](const std::string& word, const std::string& by) {
    for (auto at = command.find(word); at != command.npos; at = command.find(word))
      command.replace(at, word.size(), by);
  };
  put("RUN", source.string());
  put("PACKED", packed.string());
  if (command.find("OUT") == command.npos) command += " -o OUT";
  put("OUT", "'" + (directory() / "out").string() + "'");
  command = "'" + tool().string() + "' " + command;
  std::filesystem::remove(directory() / "output");
  std::filesystem::remove(directory() / "errors");
  const auto before = files();
  for (const int kibibytes : {0, 1, 4, 64, 500}) {
    const auto refused = support::run_command("bash -c \"trap '' XFSZ; ulimit -f " + std::to_string(kibibytes) +
                                              "; exec " + command + "\"");
    EXPECT_EQ(refused.status, 2) << kibibytes << " KiB: " << refused.output;
    EXPECT_THAT(refused.output, HasSubstr("File too large")) << kibibytes << " KiB";
    EXPECT_EQ(files(), before) << kibibytes << " KiB";
    EXPECT_FALSE(std::filesystem::exists(directory() / "out"));
  }
}

INSTANTIATE_TEST_SUITE_P(Commands, FullDisk,
                         testing::Values("pack RUN", "pack RUN --layout traces", "pack RUN --by-neuron",
                                         "unpack PACKED", "merge RUN RUN", "export RUN --to csv", "export RUN --to npz",
                                         "export RUN --to json", "export RUN --to sonata",
                                         "export RUN --to minari --observations neural_states/observations "
                                         "--actions behavior/actions",
                                         "export RUN --to nwb", "recover RUN --copy OUT"),
                         [](const auto& command) {
                           std::string name;
                           for (const char letter : command.param)
                             if (std::isalpha(static_cast<unsigned char>(letter)) != 0) name += letter;
                           return name;
                         });

}  // namespace
}  // namespace neurotape::tool
