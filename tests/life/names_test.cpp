// Names: those that are possible come back as they are; the others are refused before anything is done.

#include <atomic>
#include <functional>
#include <map>
#include <random>

#include "backends/io/operations.hpp"
#include "tests/integration/support.hpp"

namespace neurotape::outside {
namespace {

using namespace std::string_literals;

const std::vector<std::string>& possible_names() {
  static const std::vector<std::string> names{"\u00e9t\u00e9",    // composed
                                              "e\u0301te\u0301",  // the same to the eye, decomposed: another name
                                              "CON",
                                              "aux.txt",
                                              "a:b",
                                              "NUL.",
                                              "x*?\"<>|",
                                              "trailing. ",
                                              " leading",
                                              "-rf",
                                              "~",
                                              "$HOME",
                                              "%s%n",
                                              "{}{0}",
                                              "\"; --",
                                              "\u795e\u7d4c",
                                              "\U0001F9E0",
                                              "\u202Eabc",
                                              "\uFEFFbom",
                                              "a",
                                              std::string(200, 'x'),
                                              "timesteps",
                                              "values"};
  return names;
}

class PossibleNames : public JudgedTest, public ::testing::WithParamInterface<std::string> {};

TEST_P(PossibleNames, ComeBackAsTheyAre) {
  const std::string name = GetParam();
  auto experiment = create({.dt_unit = name}, name);
  EXPECT_TRUE(experiment.path().filename().string().starts_with(name + "_"));
  experiment.save_config({{name, 5}});
  const std::vector<int> ids{1, 2};
  experiment.save_neurons({{name, ids}});
  auto episode = experiment.start_episode({.name = name, .attributes = {{name, 1}}});
  episode.neural_state<float>(name, {1}, {.unit = name}).record(0, 0.5F);
  episode.behavior<float>(name, {1}).record(0, 0.5F);
  episode.spikes(name).record(0, 3);
  episode.set_attribute("late " + name.substr(0, 150), 2);
  episode.finish();
  experiment.close();
  const json seen = describe(experiment.path());
  const json& found = seen["episodes"]["episode_0000"];
  EXPECT_EQ(seen["setup"]["attributes"]["experiment_name"], name);
  EXPECT_EQ(seen["setup"]["attributes"]["dt_unit"], name);
  EXPECT_EQ(seen["config"][name], 5);
  EXPECT_TRUE(seen["setup"]["datasets"].contains("network_structure/neurons/" + name));
  EXPECT_EQ(found["attributes"]["name"], name);
  EXPECT_EQ(found["attributes"][name], 1);
  EXPECT_EQ(found["groups"]["neural_states/" + name]["unit"], name);
  for (const char* group : {"neural_states/", "behavior/"})
    EXPECT_TRUE(found["datasets"].contains(group + name + "/values")) << group;
  EXPECT_EQ(found["datasets"]["spikes/" + name + "/neuron_ids"]["values"], json::array({3}));
  EXPECT_EQ(Run(experiment.path()).episode(0).neural_state<float>(name).rows(), 1U);
}

INSTANTIATE_TEST_SUITE_P(All, PossibleNames, ::testing::ValuesIn(possible_names()),
                         [](const auto& name) { return "Number" + std::to_string(name.index); });

class AllNames : public JudgedTest {};

TEST_F(AllNames, LiveSideBySide) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  for (const auto& name : possible_names()) episode.behavior<float>(name, {}).record(0, 0.5F);
  episode.finish();
  experiment.close();
  const json seen = describe(experiment.path());
  for (const auto& name : possible_names())
    EXPECT_TRUE(seen["episodes"]["episode_0000"]["datasets"].contains("behavior/" + name + "/values")) << name;
}

/// Of letters of one to four bytes each, with some that no name may have.
std::string random_name(std::minstd_rand& random) {
  static const std::vector<std::string> letters{"a",          "Z",  "0",      " ",      ".",      "_",
                                                "%",          "\"", "\u00e9", "\u0301", "\u795e", "\uFEFF",
                                                "\U0001F9E0", "/",  "\\",     "\n",     "\x7f"};
  const auto rare = random() % 4 == 0 ? 0U : 4U;  // those at the end
  std::string name;
  for (auto length = 1 + random() % 12; length > 0; --length) name += letters[random() % (letters.size() - rare)];
  return name;
}

TEST_F(AllNames, OfLettersByChanceComeBackOrAreRefused) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  std::minstd_rand random(20);
  std::map<std::string, float> accepted;
  int refused = 0;
  for (int i = 0; i < 100; ++i) {
    const auto name = random_name(random);
    const auto value = static_cast<float>(i);
    if (accepted.contains(name)) continue;
    try {
      episode.behavior<float>(name, {}).record(0, value);
      accepted[name] = value;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_name) << name;
      ++refused;
    }
  }
  episode.finish();
  experiment.close();
  EXPECT_GT(accepted.size(), 60U);
  EXPECT_GT(refused, 10);
  const json seen = describe(experiment.path())["episodes"]["episode_0000"]["datasets"];
  const auto read = Run(experiment.path()).episode(0);
  EXPECT_EQ(read.streams().size(), accepted.size());
  for (const auto& [name, value] : accepted) {
    EXPECT_TRUE(seen.contains("behavior/" + name + "/values")) << name;
    EXPECT_EQ(read.behavior<float>(name).all().values, std::vector<float>{value}) << name;
  }
}

/// Counts what could change a file.
class Watched final : public io::Operations {
 public:
  int open(const char* path, int flags, mode_t mode) override {
    ++calls;
    return Operations::open(path, flags, mode);
  }
  int mkdir(const char* path, mode_t mode) override {
    ++calls;
    return Operations::mkdir(path, mode);
  }
  ssize_t pwrite(int file, const void* bytes, std::size_t count, off_t offset) override {
    ++calls;
    return Operations::pwrite(file, bytes, count, offset);
  }
  std::atomic<int> calls{0};
};

std::vector<std::string> impossible_names() {
  std::vector<std::string> names{"",
                                 ".",
                                 "..",
                                 "../../x",
                                 "/abs",
                                 "a/b",
                                 "a\\b",
                                 "\\",
                                 ".hidden",
                                 "\x7F",
                                 "\xC2",
                                 "\xF4\x90\x80\x80",
                                 "\xF8\x88\x80\x80\x80",
                                 "a\0b"s,
                                 "\0"s};
  for (const std::size_t bytes : {201U, 255U, 256U, 70'000U}) names.emplace_back(bytes, 'x');
  for (char c = 1; c < 0x20; ++c) names.push_back("a"s + c);
  return names;
}

TEST(ImpossibleNamesOfAllKinds, AreRefusedBeforeAnythingIsDone) {
  const TemporaryDirectory directory;
  Watched files;
  const io::Replaced replaced(files);
  auto experiment = Experiment::create(directory.path(), "run", {.commit_interval = std::chrono::hours(1)});
  auto episode = experiment.start_episode();
  const std::vector<int> ids{1};
  for (const auto& name : impossible_names()) {
    const int before = files.calls;
    const auto refused = [&](const std::function<void()>& call) {
      const Error error = error_of(call);
      EXPECT_EQ(error.code(), ErrorCode::invalid_name) << error.what();
      EXPECT_LT(std::string(error.what()).size(), 300U);
    };
    refused([&] { Experiment::create(directory / "elsewhere", name); });
    refused([&] { episode.neural_state<float>(name, {1}); });
    refused([&] { episode.behavior<float>(name, {1}); });
    refused([&] { episode.spikes(name); });
    refused([&] { episode.set_attribute(name, 1); });
    refused([&] { experiment.start_episode({.attributes = {{name, 1}}}); });
    refused([&] { experiment.save_neurons({{name, ids}}); });
    refused([&] { experiment.save_connections({{name, ids}}); });
    EXPECT_EQ(files.calls, before) << name;
  }
  EXPECT_FALSE(std::filesystem::exists(directory / "elsewhere"));
  EXPECT_NO_THROW(episode.finish());
  EXPECT_NO_THROW(experiment.close());
}

// Members of a configuration are attributes of a file, and no part of a path.
TEST_F(AllNames, OfAConfigurationMayHaveSlashes) {
  auto experiment = create();
  experiment.save_config({{"a/b", 1}, {"../c", 2}, {".", 3}, {"line\nbreak", 4}});
  for (const json& refused : {json{{"", 1}}, json{{"a\0b"s, 1}}, json{{std::string(70'000, 'x'), 1}}})
    EXPECT_EQ(error_of([&] { experiment.save_config(refused); }).code(), ErrorCode::invalid_name);
  experiment.close();
  EXPECT_EQ(describe(experiment.path())["config"], (json{{"a/b", 1}, {"../c", 2}, {".", 3}, {"line\nbreak", 4}}));
}

}  // namespace
}  // namespace neurotape::outside
