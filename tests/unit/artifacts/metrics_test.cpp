#include <bit>
#include <cstdlib>
#include <limits>
#include <random>

#include "artifacts.hpp"

namespace neurotape::artifacts {
namespace {

class Metrics : public Artifacts {
 protected:
  std::filesystem::path csv() const { return path("epoch_statistics.csv"); }
  MetricsTable table(const MetricsOptions& options = {}) const { return MetricsTable(csv(), options, kQuick); }
};

TEST_F(Metrics, ARowIsInTheFileWhenAppendReturns) {
  auto metrics = table();
  metrics.append({{"epoch", 1}, {"loss", 0.5}, {"good", true}, {"note", "first"}});
  EXPECT_EQ(content(csv()), "epoch,loss,good,note\r\n1,0.5,true,first\r\n");
  metrics.append({{"epoch", 2}, {"loss", 1}, {"good", false}, {"note", "a, \"b\"\n"}});
  EXPECT_EQ(content(csv()), "epoch,loss,good,note\r\n1,0.5,true,first\r\n2,1.0,false,\"a, \"\"b\"\"\n\"\r\n");
}

TEST_F(Metrics, LinesMayEndInLf) {
  table({.line_end = LineEnd::lf}).append({{"a", 1}, {"b", 2}});
  EXPECT_EQ(content(csv()), "a,b\n1,2\n");
  table().append({{"a", 3}, {"b", 4}});  // goes on as it is
  EXPECT_EQ(content(csv()), "a,b\n1,2\n3,4\n");
}

TEST_F(Metrics, NumbersAreExactForPandasAndForUs) {
  std::mt19937_64 random(7);
  std::vector<double> doubles{0.0, -0.0, 0.1, 1.0, 1e22, 1e300, 5e-324, -1.7976931348623157e308, 2.0 / 3};
  for (int i = 0; i < 500; ++i) {
    const double value = std::bit_cast<double>(random());
    if (std::isfinite(value)) doubles.push_back(value);
  }
  auto metrics = table({.flush_rows = 1000});
  for (const double value : doubles) metrics.append({{"x", value}, {"n", std::uint64_t{18446744073709551615U}}});
  metrics.flush();
  const auto frame = read_metrics(csv());
  const auto ours = frame.numbers("x");
  ASSERT_EQ(ours.size(), doubles.size());
  for (std::size_t i = 0; i < doubles.size(); ++i)
    EXPECT_EQ(std::bit_cast<std::uint64_t>(ours[i]), std::bit_cast<std::uint64_t>(doubles[i])) << doubles[i];
  if (!support::have_python()) GTEST_SKIP() << "no python3 with numpy";
  const auto seen = judged("table.py", {csv()})[csv().string()];
  EXPECT_EQ(seen["dtypes"], json({"float64", "uint64"}));
  for (std::size_t i = 0; i < doubles.size(); ++i) {
    const double theirs = std::strtod(seen["exact"][0][i].get<std::string>().c_str(), nullptr);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(theirs), std::bit_cast<std::uint64_t>(doubles[i])) << doubles[i];
  }
}

TEST_F(Metrics, TypesAndTextsAreReadAsTheyWere) {
  const std::vector<std::string> texts{"plain", "1",   "2.5",        "true",         "nan",
                                       "",      "a,b", "say \"so\"", "two\r\nlines", "Größe"};
  auto metrics = table();
  for (const auto& text : texts)
    metrics.append({{"text", text}, {"count", -3}, {"real", 4.0}, {"flag", false}, {"f", 0.1F}});
  const auto frame = read_metrics(csv());
  EXPECT_EQ(frame.texts("text"), texts);
  EXPECT_EQ(frame.columns(), metrics.columns());
  EXPECT_THAT(metrics.columns(),
              testing::ElementsAre(Column{"text", CellType::text}, Column{"count", CellType::integer},
                                   Column{"real", CellType::real}, Column{"flag", CellType::boolean},
                                   Column{"f", CellType::real}));
  EXPECT_EQ(static_cast<float>(frame.numbers("f")[0]), 0.1F);
  if (!support::have_python()) GTEST_SKIP() << "no python3 with numpy";
  const auto seen = judged("table.py", {csv()})[csv().string()];
  EXPECT_EQ(seen["dtypes"], json({"object", "int64", "float64", "bool", "float64"}));
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(seen["rows"][i + 1][0], texts[i]);
}

TEST_F(Metrics, AnEmptyTextIsNotMissing) {
  table().append({{"note", ""}, {"left", Cell()}});
  EXPECT_EQ(content(csv()), "note,left\r\n\"\",\r\n");
  EXPECT_EQ(read_metrics(csv()).columns()[0], (Column{"note", CellType::text}));
  auto again = table();
  EXPECT_EQ(again.columns()[0], (Column{"note", CellType::text}));
  expect_error(ErrorCode::wrong_type, "note", [&] { again.append({{"note", 1}, {"left", 2}}); });
}

TEST_F(Metrics, NanInfinityAndMissingValues) {
  const double inf = std::numeric_limits<double>::infinity();
  auto metrics = table();
  metrics.append({{"loss", std::nan("")}, {"n", 1}});
  metrics.append({{"loss", inf}, {"n", Cell()}});
  metrics.append({{"loss", -inf}, {"n", std::nullopt}});
  EXPECT_EQ(content(csv()), "loss,n\r\nnan,1\r\ninf,\r\n-inf,\r\n");
  const auto frame = read_metrics(csv());
  EXPECT_TRUE(std::isnan(frame.numbers("loss")[0]));
  EXPECT_EQ(frame.numbers("loss")[1], inf);
  EXPECT_TRUE(std::isnan(frame.numbers("n")[2]));
  if (!support::have_python()) GTEST_SKIP() << "no python3 with numpy";
  EXPECT_EQ(judged("table.py", {csv()})[csv().string()]["exact"][0], json({"nan", "inf", "-inf"}));
}

TEST_F(Metrics, AColumnKeepsItsType) {
  auto metrics = table();
  metrics.append({{"epoch", 1}, {"loss", 0.5}, {"flag", Cell()}});
  const auto refused = [&](const std::string& words, std::initializer_list<NamedCell> row) {
    expect_error(ErrorCode::wrong_type, words, [&] { metrics.append(row); });
  };
  refused("column 'epoch': expected an integer, got 1.5", {{"epoch", 1.5}, {"loss", 0.5}, {"flag", true}});
  refused("column 'loss': expected a number, got x", {{"epoch", 1}, {"loss", "x"}, {"flag", true}});
  refused("column 'loss': expected a number, got 9007199254740993",
          {{"epoch", 1}, {"loss", std::int64_t{9007199254740993}}, {"flag", true}});
  metrics.append({{"epoch", 2}, {"loss", -3}, {"flag", "yes"}});  // the first value of `flag`
  refused("column 'flag': expected text, got true", {{"epoch", 1}, {"loss", 0.5}, {"flag", true}});
  EXPECT_EQ(content(csv()), "epoch,loss,flag\r\n1,0.5,\r\n2,-3.0,yes\r\n");
  EXPECT_EQ(metrics.rows(), 2U);
}

TEST_F(Metrics, ARowHasEveryColumnInAnyOrder) {
  auto metrics = table();
  metrics.append({{"a", 1}, {"b", 2}});
  metrics.append({{"b", 20}, {"a", 10}});
  EXPECT_EQ(content(csv()), "a,b\r\n1,2\r\n10,20\r\n");
  expect_error(ErrorCode::wrong_shape, "lacks the column 'b'", [&] { metrics.append({{"a", 1}}); });
  expect_error(ErrorCode::wrong_shape, "lacks the column 'b'", [&] { metrics.append({{"a", 1}, {"a", 2}}); });
  expect_error(ErrorCode::wrong_shape, "no column 'c'", [&] { metrics.append({{"a", 1}, {"b", 2}, {"c", 3}}); });
  EXPECT_EQ(metrics.rows(), 2U);
}

TEST_F(Metrics, ImpossibleColumnsAreRefused) {
  auto metrics = table();
  expect_error(ErrorCode::wrong_shape, "no columns", [&] { metrics.append({}); });
  expect_error(ErrorCode::invalid_name, "'a' is empty, or the name of another", [&] {
    metrics.append({{"a", 1}, {"a", 2}});
  });
  expect_error(ErrorCode::invalid_name, "column 1", [&] { metrics.append({{"", 1}}); });
  metrics.append({{"b", 1}});  // what was refused has declared nothing
  EXPECT_EQ(content(csv()), "b\r\n1\r\n");
}

TEST_F(Metrics, DeclaredColumnsAreAHeaderAtOnce) {
  auto metrics = table({.columns = {{"epoch", CellType::integer}, {"loss", CellType::real}}});
  EXPECT_EQ(content(csv()), "epoch,loss\r\n");
  expect_error(ErrorCode::wrong_type, "column 'epoch'", [&] { metrics.append({{"epoch", "1"}, {"loss", 1}}); });
}

TEST_F(Metrics, AResumedRunGoesOnAfterItsHeaderIsChecked) {
  table().append({{"epoch", 1}, {"loss", 0.5}, {"text", "1"}});
  {
    auto metrics = table();
    EXPECT_EQ(metrics.rows(), 1U);
    expect_error(ErrorCode::wrong_shape, "no column 'accuracy'", [&] {
      metrics.append({{"epoch", 2}, {"loss", 1.0}, {"text", "x"}, {"accuracy", 1.0}});
    });
    expect_error(ErrorCode::wrong_type, "column 'epoch'", [&] {
      metrics.append({{"epoch", 2.5}, {"loss", 1.0}, {"text", "x"}});
    });
    expect_error(ErrorCode::wrong_type, "column 'text'", [&] {
      metrics.append({{"epoch", 2}, {"loss", 1.0}, {"text", 1}});
    });
    metrics.append({{"epoch", 2}, {"loss", 1}, {"text", "x"}});
  }
  EXPECT_EQ(content(csv()), "epoch,loss,text\r\n1,0.5,\"1\"\r\n2,1.0,x\r\n");
  expect_error(ErrorCode::wrong_shape, "column 2 of the file: expected 'accuracy', got 'loss'", [&] {
    table({.columns = {{"epoch"}, {"accuracy"}, {"text"}}});
  });
  expect_error(ErrorCode::wrong_shape, "column 3 of the file: expected none, got 'text'", [&] {
    table({.columns = {{"epoch"}, {"loss"}}});
  });
}

TEST_F(Metrics, ATornLastLineIsRemovedWhereverItWasTorn) {
  const std::string whole = "epoch,note\r\n1,\"a\r\nb\"\r\n2,\"c\"\"d\"\r\n";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    put(csv(), whole.substr(0, length));
    std::string kept;
    for (const std::size_t end : {12U, 22U})
      if (length >= end) kept = whole.substr(0, end);
    {
      // What is a header that was torn, only one who declares it knows.
      auto metrics =
          kept.empty() ? table({.columns = {{"epoch", CellType::integer}, {"note", CellType::text}}}) : table();
      EXPECT_EQ(metrics.removed_bytes(), length - kept.size()) << length;
      metrics.append({{"epoch", 7}, {"note", "x"}});
    }
    EXPECT_EQ(content(csv()), (kept.empty() ? "epoch,note\r\n" : kept) + "7,x\r\n") << length;
  }
}

TEST_F(Metrics, ATextOfSomebodyElseIsNotEmptied) {
  for (const std::string text : {"a note", "epoch,note,more", "epoch;note"}) {
    put(csv(), text);
    for (const auto& options : {MetricsOptions{}, MetricsOptions{.columns = {{"epoch"}, {"note"}}}})
      expect_error(ErrorCode::damaged, "its only line has no end", [&] { table(options); });
    EXPECT_EQ(content(csv()), text);
  }
}

TEST_F(Metrics, TextThatNoReaderTakesIsRefused) {
  auto metrics = table();
  expect_error(ErrorCode::invalid_argument, "column 'note'", [&] { metrics.append({{"note", "a\xff"}}); });
  expect_error(ErrorCode::invalid_argument, "name of column 1", [&] { metrics.append({{"\xff", 1}}); });
  metrics.append({{"note", "µV"}});
  EXPECT_EQ(read_metrics(csv()).texts("note"), std::vector<std::string>{"µV"});
}

TEST_F(Metrics, ALineThatWasLeftOutIsSaid) {
  put(csv(), "epoch,loss\n1,0.5\n2,0.25");
  const auto torn = read_metrics(csv());
  EXPECT_TRUE(torn.cut_off());
  EXPECT_EQ(torn.rows(), 1U);
  EXPECT_FALSE(read_metrics(csv(), LastLine::whole).cut_off());
  expect_error(ErrorCode::not_found, "epoch_statistics.csv", [&] { torn.numbers("zz"); });
}

TEST_F(Metrics, WhatIsNoTableIsRefusedWithItsLine) {
  put(csv(), "a,b\r\n1,2\r\n3\r\n4,5\r\n");
  expect_error(ErrorCode::damaged, "line 3: expected 2 fields as in the header, got 1", [&] { table(); });
  expect_error(ErrorCode::damaged, "epoch_statistics.csv", [&] { read_metrics(csv()); });
  put(csv(), "a,b\r\n1,\"2\"x\r\n");
  expect_error(ErrorCode::damaged, "line 2: expected a comma behind a field in quotes", [&] { table(); });
  put(csv(), "a,b\r\n1,2\"\r\n");
  expect_error(ErrorCode::damaged, "line 2: a quote in the middle", [&] { read_metrics(csv()); });
  expect_error(ErrorCode::not_found, "nowhere", [&] { MetricsTable(path("nowhere/a.csv"), {}, kQuick); });
  expect_error(ErrorCode::not_found, "no column 'z'", [&] {
    put(csv(), "a\r\n1\r\n");
    read_metrics(csv()).numbers("z");
  });
}

TEST(MetricsOfOthers, AreReadAsPandasReadsThem) {
  const char* const data = std::getenv("NEUROTAPE_TEST_DATA");
  if (data == nullptr) GTEST_SKIP() << "NEUROTAPE_TEST_DATA is not set";
  if (!support::have_python()) GTEST_SKIP() << "no python3 with numpy";
  std::vector<std::string> paths;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(std::filesystem::path(data) / "training_metrics"))
    if (entry.path().extension() == ".csv" && !content(entry.path()).starts_with("#")) paths.push_back(entry.path());
  ASSERT_GT(paths.size(), 5U);
  const auto all = judged("table.py", paths);
  for (const auto& path : paths) {
    const auto frame = read_metrics(path, LastLine::whole);
    auto rows = all[path]["rows"];
    rows.erase(std::remove_if(rows.begin(), rows.end(), [](const json& row) { return row.empty(); }), rows.end());
    ASSERT_EQ(frame.rows() + 1, rows.size()) << path;
    for (std::size_t c = 0; c < frame.columns().size(); ++c) {
      EXPECT_EQ(frame.columns()[c].name, rows[0][c]) << path;
      for (std::size_t r = 0; r < frame.rows(); ++r)
        EXPECT_EQ(frame.texts(frame.columns()[c].name)[r], rows[r + 1][c]) << path << " row " << r;
    }
  }
}

}  // namespace
}  // namespace neurotape::artifacts
