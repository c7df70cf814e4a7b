#include <cmath>
#include <neurotape/artifacts.hpp>

#include "tests/support/sanitizers.hpp"
#include "tool.hpp"

namespace neurotape::tool {
namespace {

using testing::HasSubstr;

class AttentionTest : public ToolTest {
 protected:
  static std::vector<float> map_of(int number) {
    std::vector<float> map(200);
    for (std::size_t i = 0; i < map.size(); ++i)
      map[i] = static_cast<float>(0.5 + 0.4 * std::sin(0.05 * static_cast<double>(i) * (1 + number)));
    return map;
  }
  AttentionMapWriter set(const std::string& name, OutOfRange policy = OutOfRange::reject) const {
    AttentionMapOptions options;
    options.shape = {2, 100};
    options.out_of_range = policy;
    return AttentionMapWriter(directory() / name, options, {.durability = Durability::process});
  }
  std::string at(const std::string& name) const { return directory() / name; }
};

TEST_F(AttentionTest, EqualSetsAreEqual) {
  for (const char* name : {"a", "b"}) set(name).save_batch({map_of(0), map_of(1)}, {"x", "y"});
  const auto found = parsed({"attention", "diff", at("a"), at("b")});
  EXPECT_EQ(found["equal"], true);
  EXPECT_EQ(found["largest"], 0);
  EXPECT_EQ(found["maps"].size(), 2U);
  EXPECT_EQ(found["maps"][0]["top_overlap"], 1);
  EXPECT_DOUBLE_EQ(found["maps"][0]["correlation"].get<double>(), 1);
  EXPECT_THAT(text({"attention", "diff", at("a"), at("b")}), HasSubstr("2 maps in both, 2 equal"));
}

TEST_F(AttentionTest, DifferencesAreThoseOfNumpy) {
  auto changed = map_of(0);
  for (std::size_t i = 0; i < 10; ++i) changed[i * 7] = 1;
  set("a").save_batch({map_of(0), map_of(1), map_of(2)}, {"x", "y", "left"});
  set("b").save_batch({changed, map_of(1), map_of(2)}, {"x", "y", "right"});
  const auto finished = run({"attention", "diff", "--top", "10", "--json", at("a"), at("b")});
  EXPECT_EQ(finished.status, 1);
  const auto found = json::parse(finished.output);
  EXPECT_EQ(found["equal"], false);
  EXPECT_EQ(found["only_in_a"], json({"left"}));
  EXPECT_EQ(found["only_in_b"], json({"right"}));
  const auto& x = found["maps"][0];
  EXPECT_EQ(x["equal"], false);
  EXPECT_EQ(found["maps"][1]["equal"], true);
  EXPECT_THAT(run({"attention", "diff", at("a"), at("b")}).output,
              testing::AllOf(HasSubstr("2 maps in both, 1 equal"), HasSubstr("only in " + at("b") + ": right")));
  if (!support::have_python()) GTEST_SKIP() << "no python3 with numpy";
  const auto judged = json::parse(
      support::run_command(
          "'" NEUROTAPE_PYTHON "' -c \"import numpy as n, json; a, b = (n.load('" + at("%s/x_attention.npz") +
          "' % d)['attention_map'].ravel().astype(float) for d in 'ab'); t = [set(n.argsort(-v, "
          "kind='stable')[:10].tolist()) for v in (a, b)]; print(json.dumps([abs(a - b).max(), abs(a - "
          "b).mean(), n.corrcoef(a, b)[0, 1], len(t[0] & t[1]) / 10]))\"")
          .output);
  EXPECT_NEAR(x["largest"].get<double>(), judged[0].get<double>(), 1e-12);
  EXPECT_NEAR(x["mean"].get<double>(), judged[1].get<double>(), 1e-12);
  EXPECT_NEAR(x["correlation"].get<double>(), judged[2].get<double>(), 1e-12);
  EXPECT_EQ(x["top_overlap"], judged[3]);
  EXPECT_DOUBLE_EQ(found["largest"].get<double>(), x["largest"].get<double>());
  EXPECT_NEAR(found["mean"].get<double>(), x["mean"].get<double>() / 2, 1e-12);
}

TEST_F(AttentionTest, AConstantMapHasNoCorrelation) {
  for (const char* name : {"a", "b"}) set(name).save(std::vector<float>(200, 0.5F), "x");
  EXPECT_TRUE(parsed({"attention", "diff", at("a"), at("b")})["maps"][0]["correlation"].is_null());
}

TEST_F(AttentionTest, PackedMapsComeBackAsTheyWere) {
  {
    auto maps = set("a", OutOfRange::clip);
    auto outside = map_of(1);
    outside[3] = 7;
    const std::vector<double> logits{0.5, -1};
    const std::vector<std::int16_t> grid{1, 2, 3, 4, 5, 6};
    maps.save(map_of(0), "x", {"rec.edf", {{"logits", logits}, {"label", "seizure"}, {"epoch", 3}, {"flag", true}}});
    maps.save(outside, "y", {"", {{"layer/0/grid", {grid, {2, 3}}}, {"layer/1", 0.5F}}});
    maps.save(map_of(2), "z");
  }
  EXPECT_EQ(parsed({"attention", "pack", at("a"), at("maps.h5")})["maps"], 3);
  EXPECT_THAT(text({"attention", "unpack", at("maps.h5"), at("b")}), HasSubstr("3 maps of"));
  EXPECT_EQ(run({"attention", "diff", at("a"), at("b")}).status, 0);
  EXPECT_EQ(run({"attention", "diff", at("a"), at("maps.h5")}).status, 0);
  const AttentionMapReader before(at("a")), after(at("b"));
  for (const auto& map : before) {
    const auto other = after.load(map.file_id);
    EXPECT_EQ(other.values, map.values) << map.file_id;
    EXPECT_EQ(other.source, map.source);
    EXPECT_EQ(other.values_clipped, map.values_clipped);
    EXPECT_EQ(other.arrays, map.arrays) << map.file_id;
  }
  if (!support::have_python()) GTEST_SKIP() << "no python3 with h5py";
  const auto seen = json::parse(
      support::run_command(support::with_plugins() + "'" NEUROTAPE_PYTHON "' -c \"import h5py, json; f = h5py.File('" +
                           at("maps.h5") +
                           "'); print(json.dumps([f['attention_maps'].shape, [i.decode() for i in f['file_ids']], "
                           "f['attention_maps'][0].ravel().tolist(), f['values_clipped'][:].tolist(), "
                           "f['arrays/y/layer/0/grid'][:].tolist(), f['arrays/x/label'][0].decode()]))\"")
          .output);
  EXPECT_EQ(seen[0], json({3, 2, 100}));
  EXPECT_EQ(seen[1], json({"x", "y", "z"}));
  EXPECT_EQ(seen[2].get<std::vector<float>>(), map_of(0));
  EXPECT_EQ(seen[3], json({0, 1, 0}));
  EXPECT_EQ(seen[4], json({{1, 2, 3}, {4, 5, 6}}));
  EXPECT_EQ(seen[5], "seizure");
}

TEST_F(AttentionTest, ArraysOfTextsArePacked) {
  const std::vector<std::string> texts{"Fp1", "", "Größe", "O2"};
  const std::vector<std::string> none;
  set("a").save(map_of(0), "x", {"", {{"channels", {texts, {2, 2}}}, {"none", {none, Shape{0}}}}});
  text({"attention", "pack", at("a"), at("maps.h5")});
  text({"attention", "unpack", at("maps.h5"), at("b")});
  const auto arrays = AttentionMapReader(at("b")).load("x").arrays;
  EXPECT_EQ(arrays, AttentionMapReader(at("a")).load("x").arrays);
  EXPECT_EQ(arrays.at("channels").texts(), texts);
  EXPECT_EQ(arrays.at("channels").shape(), (Shape{2, 2}));
}

TEST_F(AttentionTest, ARunIsTakenForItsMaps) {
  const auto a = directory() / "run";
  set("run/attention_maps").save(map_of(0), "x");
  EXPECT_EQ(run({"attention", "diff", a, a / "attention_maps"}).status, 0);
  EXPECT_TRUE(compare_attention_maps(a, a / "attention_maps").equal);
  EXPECT_EQ(pack_attention_maps(a, at("maps.h5")), 1);
}

TEST_F(AttentionTest, DirectoriesWithoutMapsAreNotEqual) {
  for (const char* name : {"one", "other"}) std::filesystem::create_directory(directory() / name);
  expect_refused({"attention", "diff", at("one"), at("other")}, {"no attention maps", "one"});
}

TEST_F(AttentionTest, AnotherProcessOpensPackedFilesFirst) {
  if (!support::have_python()) GTEST_SKIP() << "no python3 with h5py to make the file";
  const auto made = support::run_python("probe/hostile.py", {"text_that_kills_hdf5", at("hostile.h5")});
  ASSERT_EQ(made.status, 0) << made.output;
  set("a").save(map_of(0), "x");
  for (const auto& command : {std::vector<std::string>{"diff", at("hostile.h5"), at("a")},
                              std::vector<std::string>{"unpack", at("hostile.h5"), at("b")}}) {
    std::vector<std::string> arguments{"attention"};
    arguments.insert(arguments.end(), command.begin(), command.end());
    expect_refused(arguments, {support::kReaderDied, "hostile.h5"});
  }
}

TEST_F(AttentionTest, WhatCannotBeDoneIsSaid) {
  set("a").save(map_of(0), "x");
  std::filesystem::create_directory(directory() / "empty");
  text({"attention", "pack", at("a"), at("maps.h5")});
  expect_refused({"attention", "pack", at("a"), at("maps.h5")}, {"there is such a file", "maps.h5"});
  expect_refused({"attention", "pack", at("empty"), at("other.h5")}, {"no attention maps", "empty"});
  expect_refused({"attention", "diff", at("a"), at("nowhere")}, {"nowhere"});
  expect_refused({"attention", "unpack", at("a/manifest.json"), at("b")}, {"manifest.json"});
  expect_refused({"attention", "unpack", at("maps.h5"), at("a")}, {"map 'x' is there already"});
  expect_refused({"attention"}, {"--help"});
  EXPECT_FALSE(std::filesystem::exists(directory() / "other.h5"));
}

}  // namespace
}  // namespace neurotape::tool
