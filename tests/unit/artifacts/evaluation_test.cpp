#include "artifacts.hpp"

namespace neurotape::artifacts {
namespace {

class EvaluationTest : public Artifacts {
 protected:
  Evaluation evaluation(const std::string& class_set = "seizure") const {
    return Evaluation(path("run"), kLabels, {.class_set = class_set}, kQuick);
  }
  static void record_some(Evaluation& evaluation) {
    for (int i = 0; i < 60; ++i)
      evaluation.record("chb01_" + std::to_string(i), static_cast<std::size_t>(i % 3),
                        static_cast<std::size_t>((i * 7 / 3) % 3 == 2 && i > 30 ? 0 : i % 3),
                        std::vector{0.25, 0.5, 0.25});
  }
  static inline const std::vector<std::string> kLabels{"normal", "pre-ictal, early", "seizure"};
};

TEST_F(EvaluationTest, FilesAgreeWithEachOtherAndWithPandas) {
  auto some = evaluation();
  record_some(some);
  const auto summary = some.save_metadata();
  const auto matrix = some.confusion();
  EXPECT_EQ(summary.predictions, 60U);
  EXPECT_EQ(summary.correct, matrix.count(0, 0) + matrix.count(1, 1) + matrix.count(2, 2));
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(path("run")))
    if (!entry.path().filename().string().starts_with('.')) bytes += entry.file_size();  // but the lock
  EXPECT_EQ(summary.bytes, bytes);
  EXPECT_EQ(load_confusion_matrices(path("run") / "confusion_matrices.json").at("seizure"), matrix);
  if (!support::have_python()) GTEST_SKIP() << "no python3 with numpy";
  const auto seen = judged("evaluation.py", {path("run"), "seizure"});
  EXPECT_EQ(seen["faults"], json::array());
  EXPECT_EQ(seen["columns"], json({"file_id", "true", "predicted", "probability_normal", "probability_pre-ictal, early",
                                   "probability_seizure"}));
  EXPECT_EQ(seen["probabilities"][59], json({0.25, 0.5, 0.25}));
  EXPECT_DOUBLE_EQ(matrix.accuracy(), seen["accuracy"].get<double>());
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_DOUBLE_EQ(matrix.precision(c), seen["precision"][c].get<double>());
    EXPECT_DOUBLE_EQ(matrix.recall(c), seen["recall"][c].get<double>());
    EXPECT_DOUBLE_EQ(matrix.f1(c), seen["f1"][c].get<double>());
  }
}

TEST_F(EvaluationTest, GoesOnWithWhatIsThere) {
  {
    auto first = evaluation();
    record_some(first);  // and dies before save_metadata
  }
  auto second = evaluation();
  EXPECT_EQ(second.confusion().total(), 60U);
  second.record("more", "seizure", "normal");
  EXPECT_EQ(second.save_metadata().predictions, 61U);
  if (!support::have_python()) GTEST_SKIP() << "no python3 with numpy";
  const auto seen = judged("evaluation.py", {path("run"), "seizure"});
  EXPECT_EQ(seen["faults"], json::array());
  EXPECT_EQ(seen["probabilities"][60], json({-1, -1, -1}));  // none
}

TEST_F(EvaluationTest, OtherClassSetsStay) {
  const ConfusionMatrix other({"left", "right"}, {{3, 1}, {0, 4}});
  std::filesystem::create_directories(path("run"));
  save_confusion_matrices(path("run") / "confusion_matrices.json", {{"side", other}}, Durability::process);
  auto some = evaluation();
  record_some(some);
  some.save_metadata();
  const auto all = load_confusion_matrices(path("run") / "confusion_matrices.json");
  EXPECT_EQ(all.size(), 2U);
  EXPECT_EQ(all.at("side"), other);
}

TEST_F(EvaluationTest, EachClassSetHasPredictionsOfItsOwn) {
  const std::vector<std::string> sides{"left", "right"};
  for (int again = 0; again < 2; ++again) {
    Evaluation validation(path("run"), sides, {.class_set = "validation"}, kQuick);
    Evaluation test(path("run"), sides, {.class_set = "test", .predictions = "predictions_test.csv"}, kQuick);
    Evaluation others(path("run"), {"a", "b", "c"}, {.predictions = "others.csv"}, kQuick);
    for (const char* file : {"x", "y", "z"}) validation.record(file, "left", "left");
    test.record("x", "right", "left");
    others.record("x", "c", "c");
    EXPECT_EQ(validation.confusion().total(), 3U * static_cast<unsigned>(again + 1));
    EXPECT_EQ(test.confusion().total(), 1U * static_cast<unsigned>(again + 1));
  }
  const auto all = load_confusion_matrices(path("run") / "confusion_matrices.json");
  EXPECT_EQ(all.at("validation").total(), 6U) << "without save_metadata: they are written at the end";
  EXPECT_EQ(all.at("test").total(), 2U);
  EXPECT_EQ(all.at("classes").labels().size(), 3U);
  EXPECT_EQ(read_metrics(path("run") / "predictions_test.csv").rows(), 2U);
  expect_error(ErrorCode::already_exists, "it has the predictions of the class set 'validation'",
               [&] { Evaluation(path("run"), sides, {.class_set = "test"}, kQuick); });
  expect_error(ErrorCode::invalid_name, "table of predictions",
               [&] { Evaluation(path("run"), sides, {.predictions = "../x"}, kQuick); });
}

TEST_F(EvaluationTest, WhatADeadWriterDidNotPutDownIsPutDown) {
  {
    auto some = evaluation();
    record_some(some);
  }
  const auto confusion = path("run") / "confusion_matrices.json";
  const auto counted = content(confusion);
  for (const bool is_there : {true, false}) {
    std::filesystem::remove(confusion);
    if (is_there) save_confusion_matrices(confusion, {{"seizure", ConfusionMatrix(kLabels)}}, Durability::process);
    evaluation();
    EXPECT_EQ(content(confusion), counted);
  }
}

TEST_F(EvaluationTest, TextThatNoReaderTakesIsRefused) {
  auto some = evaluation();
  expect_error(ErrorCode::invalid_argument, "file_id", [&] { some.record("\xff", 0, 0); });
  expect_error(ErrorCode::invalid_name, "file id is empty", [&] { some.record("", 0, 0); });
  expect_error(ErrorCode::invalid_argument, "label", [] { ConfusionMatrix({"a", "\xff"}); });
  some.record("é", 0, 0);
  EXPECT_EQ(some.confusion().total(), 1U);
}

TEST_F(EvaluationTest, WrongPredictionsAreRefusedAndNotCounted) {
  auto some = evaluation();
  const std::vector two{0.5, 0.5}, wrong{0.5, 1.5, 0.0};
  expect_error(ErrorCode::wrong_shape, "sample 'a': expected a probability for each of 3 classes, got 2",
               [&] { some.record("a", 0, 0, two); });
  expect_error(ErrorCode::out_of_range, "sample 'a': the probability of 'pre-ictal, early' is 1.5",
               [&] { some.record("a", 0, 0, wrong); });
  expect_error(ErrorCode::out_of_range, "sample 'a': there is no class 3: expected 0 to 2",
               [&] { some.record("a", 0, 3); });
  expect_error(ErrorCode::not_found, "sample 'a': there is no class 'other': expected one of",
               [&] { some.record("a", "other", "normal"); });
  EXPECT_EQ(some.confusion().total(), 0U);
}

TEST_F(EvaluationTest, OtherClassesThanThoseOfTheFileAreRefused) {
  {
    auto some = evaluation();
    record_some(some);
  }
  expect_error(ErrorCode::wrong_shape, "expected 'probability_a', got 'probability_normal'", [&] {
    Evaluation(path("run"), {"a", "b", "c"}, {}, kQuick);
  });
  const auto csv = path("run") / "predictions_eval.csv";
  put(csv, content(csv) + "x,normal,unknown,,,\r\n");
  expect_error(ErrorCode::damaged, "there is no class 'unknown'", [&] { evaluation(); });
}

TEST_F(EvaluationTest, NothingToDivideByGivesZero) {
  const ConfusionMatrix matrix({"a", "b"}, {{0, 2}, {0, 0}});
  EXPECT_EQ(matrix.precision(0), 0);
  EXPECT_EQ(matrix.recall(1), 0);
  EXPECT_EQ(matrix.f1(0), 0);
  EXPECT_EQ(ConfusionMatrix({"a"}).accuracy(), 0);
}

TEST_F(EvaluationTest, WhatIsNoConfusionMatrixIsRefusedByName) {
  const auto file = path("confusion_matrices.json");
  const auto refused = [&](const std::string& words, const std::string& sets) {
    put(file, R"({"format": "neurotape confusion matrices", "format_version": 1, "class_sets": )" + sets + "}");
    expect_error(ErrorCode::damaged, words, [&] { load_confusion_matrices(file); });
    expect_error(ErrorCode::damaged, "confusion_matrices.json", [&] { load_confusion_matrices(file); });
  };
  refused("class set 'x': expected 2 rows of counts, got 1", R"({"x": {"labels": ["a", "b"], "counts": [[1, 2]]}})");
  refused("class set 'x': row 'b': expected 2 counts, got 1",
          R"({"x": {"labels": ["a", "b"], "counts": [[1, 2], [3]]}})");
  refused("class set 'x': expected a count, got -1", R"({"x": {"labels": ["a"], "counts": [[-1]]}})");
  refused("class set 'x': expected a count, got 0.5", R"({"x": {"labels": ["a"], "counts": [[0.5]]}})");
  refused("class set 'x': label 'a'", R"({"x": {"labels": ["a", "a"], "counts": [[1, 2], [3, 4]]}})");
  refused("class set 'x'", R"({"x": {"counts": []}})");
  refused("no object class_sets", "[]");
  put(file, "{");
  expect_error(ErrorCode::damaged, "not JSON", [&] { load_confusion_matrices(file); });
  for (const char* wrong : {R"({"format": 1})", R"({"format": null, "format_version": 1e300})", "7"}) {
    put(file, wrong);
    expect_error(ErrorCode::damaged, "expected neurotape confusion matrices", [&] { load_confusion_matrices(file); });
  }
  put(file, R"({"format": "neurotape confusion matrices", "format_version": "1"})");
  expect_error(ErrorCode::unsupported, "newer format", [&] { load_confusion_matrices(file); });
  put(file, "{}");
  expect_error(ErrorCode::damaged, "expected neurotape confusion matrices", [&] { load_confusion_matrices(file); });
  expect_error(ErrorCode::invalid_argument, "no classes", [&] { ConfusionMatrix(std::vector<std::string>()); });
}

}  // namespace
}  // namespace neurotape::artifacts
