#pragma once
/// \file
/// Runs the built command, and records the run that it looks into.

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <limits>
#include <neurotape/neurotape.hpp>
#include <spawn.h>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "tests/support/process.hpp"

namespace neurotape::tool {

using nlohmann::json;

struct Finished {
  int status = -1;  ///< exit status; -1: ended by a signal
  std::string output;
  std::string errors;
};

class ToolTest : public ::testing::Test {
 protected:
  using Run = neurotape::Run;  // not the member of the base that runs a test

  /// \param output where its standard output goes, closed here; -1: into the result
  Finished run(std::vector<std::string> arguments, int output = -1) const {
    const auto out = directory() / "output", err = directory() / "errors";
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC;
    if (output >= 0) {
      posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    } else {
      posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, out.c_str(), kFlags, 0600);
    }
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, err.c_str(), kFlags, 0600);
    arguments.insert(arguments.begin(), tool().string());
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_t pid = 0;
    const int failed = posix_spawn(&pid, argv[0], &files, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    if (output >= 0) ::close(output);
    if (failed != 0) throw std::runtime_error("cannot start " + arguments[0] + ": build the target neurotape_tool");
    int status = 0;
    waitpid(pid, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output >= 0 ? "" : content(out), content(err)};
  }

  /// The answer of a command that succeeds.
  std::string text(std::vector<std::string> arguments) const {
    const auto finished = run(std::move(arguments));
    EXPECT_EQ(finished.status, 0) << finished.errors;
    EXPECT_EQ(finished.errors, "");
    return finished.output;
  }
  json parsed(std::vector<std::string> arguments) const {
    arguments.emplace_back("--json");
    auto found = json::parse(text(std::move(arguments)), nullptr, false);
    EXPECT_FALSE(found.is_discarded());
    return found;
  }
  /// A command that cannot: status 2, no answer, one line that has these words.
  void expect_refused(std::vector<std::string> arguments, const std::vector<std::string>& words) const {
    const auto finished = run(std::move(arguments));
    EXPECT_EQ(finished.status, 2);
    EXPECT_EQ(finished.output, "");
    EXPECT_THAT(finished.errors, testing::StartsWith("neurotape: "));
    EXPECT_EQ(finished.errors.find('\n'), finished.errors.size() - 1) << finished.errors;
    for (const auto& word : words) EXPECT_THAT(finished.errors, testing::HasSubstr(word));
  }

  Experiment create() const {
    ExperimentOptions options;
    options.commit_interval = std::chrono::hours(1);  // commits are those that a test asks for
    options.validate = Validate(true, NanPolicy::reject);
    options.on_error = [](const Error&) {};  // the dropped rows, which are meant
    options.dt = 0.5;
    return Experiment::create(directory(), "trial", options);
  }

  /// Two episodes: one complete, which dropped the rows 10 and 11 of 100, and one aborted after 5 rows.
  std::filesystem::path recorded() const {
    auto experiment = create();
    const std::vector<std::uint32_t> ids{1, 2, 3};
    experiment.save_config({{"learning_rate", 0.25}, {"network", {{"size", 4}}}});
    experiment.save_neurons({{"ids", ids}});
    record_complete(experiment);
    auto aborted = experiment.start_episode();
    auto voltage = aborted.neural_state<float>("v", {4}, {.unit = "µV"});
    for (int t = 0; t < 5; ++t) voltage.record(t, std::vector<float>(4, 1.0F));
    aborted.abort();
    experiment.close();
    return experiment.path();
  }

  /// What is on the disk when the recorder dies after a commit of 40 rows: nobody holds the lock of the copy.
  std::filesystem::path cut_off() const {
    auto experiment = create();
    auto episode = experiment.start_episode();
    auto voltage = episode.neural_state<float>("v", {2'000}, {.chunk_rows = 16});
    const std::vector<float> row(2'000, 0.5F);
    for (int t = 0; t < 40; ++t) voltage.record(t, row);
    experiment.flush();
    std::filesystem::copy(experiment.path(), directory() / "dead", std::filesystem::copy_options::recursive);
    episode.finish();
    experiment.close();
    std::filesystem::remove_all(experiment.path());
    return directory() / "dead";
  }

  /// A segment or file of an episode, by the beginning of its name.
  static std::filesystem::path file_of(const std::filesystem::path& run, std::string_view begin) {
    for (const auto& entry : std::filesystem::directory_iterator(run / "episodes"))
      if (entry.path().filename().string().starts_with(begin)) return entry.path();
    throw std::runtime_error("there is no such file in " + run.string());
  }

  const std::filesystem::path& directory() const noexcept { return directory_.path(); }

  /// Both are built into one directory.
  static std::filesystem::path tool() {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "neurotape";
  }

 private:
  static std::string content(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  static void record_complete(Experiment& experiment) {
    auto episode = experiment.start_episode({.name = "first", .seed = 7, .attributes = {{"maze", "T"}}});
    auto voltage = episode.neural_state<float>("v", {4}, {.unit = "µV"});
    auto spikes = episode.spikes("exc");
    auto reward = episode.rewards();
    std::vector<float> row(4, 1.0F);
    for (int t = 0; t < 100; ++t) {
      row[0] = t == 10 || t == 11 ? std::numeric_limits<float>::quiet_NaN() : 1.0F;
      voltage.record(t, row);
      if (t % 10 == 3) spikes.record(t, std::vector<int>{1, 2, 3});
    }
    reward.record(150, 2.5);
    reward.record(160, -1.0);
    episode.finish();
  }

  support::TemporaryDirectory directory_;
};

/// The member of a list that has this value.
inline json with(const json& list, const char* key, const json& value) {
  for (const auto& one : list)
    if (one[key] == value) return one;
  ADD_FAILURE() << key << " " << value << " is not in " << list.dump(2);
  return json::object();
}

}  // namespace neurotape::tool
