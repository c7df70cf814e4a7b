// What is written, as numpy reads it.

#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "described.hpp"

namespace neurotape::npz {
namespace {

class NpzWrite : public testing::TestWithParam<NpzCompression> {
 protected:
  void SetUp() override {
    if (!support::have_python()) GTEST_SKIP() << "no python3 with numpy";
  }
  NpzOptions options() const { return {GetParam(), Durability::process}; }
  std::filesystem::path file() const { return directory_ / "arrays.npz"; }
  /// Writes the arrays; numpy and we must find them as they are.
  void expect_same(const std::vector<NamedValue>& arrays) const {
    write_npz(file(), arrays, options());
    const auto seen = read_by_numpy(file());
    ASSERT_TRUE(seen.contains("arrays")) << seen;
    EXPECT_EQ(seen["arrays"].size(), arrays.size());
    const NpzFile ours(file());
    for (const auto& [name, value] : arrays) {
      const auto expected = described(NpyArray(value));
      EXPECT_EQ(seen["arrays"][std::string(name)], expected) << name;
      EXPECT_EQ(described(ours.read(name)), expected) << name;
    }
  }

  support::TemporaryDirectory directory_;
};

template <class T>
std::vector<T> extremes() {
  using Limits = std::numeric_limits<T>;
  return {Limits::lowest(), Limits::max(), Limits::min(), Limits::epsilon(), T(0), T(1)};
}

TEST_P(NpzWrite, EveryTypeKeepsItsValues) {
  const auto f = extremes<float>();
  const auto d = extremes<double>();
  const std::vector<float> specials{NAN, -NAN, INFINITY, -INFINITY, -0.0F, 1e-45F};
  const std::array<bool, 3> b{true, false, true};
  const auto i8 = extremes<std::int8_t>();
  const auto i16 = extremes<std::int16_t>();
  const auto i32 = extremes<std::int32_t>();
  const auto i64 = extremes<std::int64_t>();
  const auto u8 = extremes<std::uint8_t>();
  const auto u16 = extremes<std::uint16_t>();
  const auto u32 = extremes<std::uint32_t>();
  const auto u64 = extremes<std::uint64_t>();
  expect_same({{"f", f},
               {"d", d},
               {"specials", specials},
               {"b", b},
               {"i8", i8},
               {"i16", i16},
               {"i32", i32},
               {"i64", i64},
               {"u8", u8},
               {"u16", u16},
               {"u32", u32},
               {"u64", u64}});
}

TEST_P(NpzWrite, ShapesOfAllKinds) {
  std::vector<std::int32_t> values(24);
  std::iota(values.begin(), values.end(), 0);
  const std::vector<double> none;
  expect_same({{"flat", values},
               {"matrix", {values, {4, 6}}},
               {"cube", {values, {2, 3, 4}}},
               {"deep", {values, {1, 2, 1, 3, 1, 4, 1, 1}}},
               {"number", 2.5},
               {"count", std::int64_t{-7}},
               {"flag", true},
               {"empty", none},
               {"no_rows", {none, {0, 5}}}});
}

TEST_P(NpzWrite, TextsAndNames) {
  expect_same({{"file_id", "chb01_03"},
               {"empty", ""},
               {"unicode", "Überraschung µV 🧠"},
               {"model/layer.0/weight", std::vector<float>{1, 2}},
               {"Größe", 3}});
}

TEST_P(NpzWrite, ArraysOfTexts) {
  const std::vector<std::string> texts{"one", "", "µV 🧠", "three", "4", "5"};
  const std::vector<std::string> none;
  expect_same({{"flat", {texts, {6}}},
               {"matrix", {texts, {2, 3}}},
               {"none", {none, {0}}},
               {"single", {std::span(texts).first(1), {1}}}});
  expect_error(ErrorCode::wrong_shape, "expected 4 values for the shape (4,), got 6", [&] {
    write_npz(file(), {{"texts", {texts, {4}}}});
  });
}

TEST_P(NpzWrite, LargeArraysGoInPieces) {
  std::vector<float> smooth(5'000'001);
  for (std::size_t i = 0; i < smooth.size(); ++i) smooth[i] = std::sin(static_cast<float>(i) / 1000.0F);
  std::mt19937_64 random(1);
  std::vector<std::uint64_t> noise(2'000'001);
  for (auto& value : noise) value = random();
  expect_same({{"smooth", smooth}, {"noise", noise}, {"after", 1}});
}

TEST_P(NpzWrite, TheSameArraysGiveTheSameBytes) {
  const std::vector<float> values{1, 2, 3};
  const auto write = [&](const char* name) {
    write_npz(directory_ / name, {{"values", values}, {"id", "a"}}, options());
    return support::run_command("cat " + (directory_ / name).string()).output;
  };
  EXPECT_EQ(write("one.npz"), write("two.npz"));
}

INSTANTIATE_TEST_SUITE_P(Every, NpzWrite,
                         testing::Values(NpzCompression::none, NpzCompression::fast, NpzCompression::small));

TEST(NpzFiles, StoredValuesBeginAtMultiplesOf64Bytes) {
  const support::TemporaryDirectory directory;
  const std::vector<float> values(100, 0.25F);
  write_npz(directory / "a.npz", {{"odd", 1}, {"name", "x"}, {"values", values}},
            {NpzCompression::none, Durability::process});
  const auto bytes = support::run_command("cat " + (directory / "a.npz").string()).output;
  const std::string first(reinterpret_cast<const char*>(values.data()), 400);
  const auto at = bytes.find(first);
  ASSERT_NE(at, bytes.npos);
  EXPECT_EQ(at % 64, 0U);
}

TEST(NpzFiles, AFileIsReplacedAsAWhole) {
  const support::TemporaryDirectory directory;
  const auto path = directory / "a.npz";
  write_npz(path, {{"x", 1}});
  const std::vector<float> three(3);
  expect_error(ErrorCode::wrong_shape, "array 'y': expected 4 values for the shape (2, 2), got 3", [&] {
    write_npz(path, {{"x", 2}, {"y", {three, {2, 2}}}});
  });
  EXPECT_EQ(NpzFile(path).read("x").number(), 1);
  write_npz(path, {{"x", 3}});
  EXPECT_EQ(NpzFile(path).read("x").number(), 3);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1);
}

TEST(NpzFiles, ImpossibleArraysAreRefused) {
  const support::TemporaryDirectory directory;
  const auto refused = [&](ErrorCode code, const std::string& words, const std::vector<NamedValue>& arrays) {
    expect_error(code, words, [&] { write_npz(directory / "a.npz", arrays); });
  };
  refused(ErrorCode::invalid_name, "two arrays have the name 'x'", {{"x", 1}, {"x", 2}});
  refused(ErrorCode::invalid_name, "0 bytes", {{"", 1}});
  refused(ErrorCode::invalid_name, "UTF-8", {{"\xff", 1}});
  refused(ErrorCode::invalid_argument, "array 'x': a text is not UTF-8", {{"x", "\xc3("}});
  expect_error(ErrorCode::not_found, "nowhere", [&] { write_npz(directory / "nowhere/a.npz", {{"x", 1}}); });
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(NpzFiles, AFileOfNoArrays) {
  const support::TemporaryDirectory directory;
  write_npz(directory / "a.npz", {});
  EXPECT_TRUE(NpzFile(directory / "a.npz").names().empty());
}

TEST(NpyFiles, AreWhatNumpyReads) {
  if (!support::have_python()) GTEST_SKIP() << "no python3 with numpy";
  const support::TemporaryDirectory directory;
  const std::vector<double> values{1, 2.5, -3, 4, 5, 6};
  write_npy(directory / "a.npy", {values, {2, 3}}, Durability::process);
  EXPECT_EQ(read_by_numpy(directory / "a.npy")["arrays"][""], described(NpyArray({values, {2, 3}})));
  EXPECT_EQ(read_npy(directory / "a.npy"), NpyArray({values, {2, 3}}));
}

}  // namespace
}  // namespace neurotape::npz
