#pragma once
/// \file
/// The files of one evaluation.

#include <chrono>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "artifacts/crew.hpp"
#include "artifacts/metrics_file.hpp"
#include "neurotape/evaluation.hpp"

namespace neurotape::detail {

/// Thread safety: any thread.
class EvaluationFiles {
 public:
  EvaluationFiles(const std::filesystem::path& directory, const std::vector<std::string>& labels,
                  const EvaluationOptions& options, std::shared_ptr<artifacts::Crew> crew);
  EvaluationFiles(const EvaluationFiles&) = delete;
  EvaluationFiles& operator=(const EvaluationFiles&) = delete;
  ~EvaluationFiles();

  void record(std::string_view file_id, std::size_t true_class, std::size_t predicted_class,
              std::span<const double> probabilities);
  /// \throws Error not_found, with the sample
  std::size_t class_of(std::string_view file_id, std::string_view label) const;
  ConfusionMatrix confusion() const;
  EvaluationSummary save_metadata();
  /// Writes what waits, and the JSON files where predictions came since they were written.
  void settle();

 private:
  nlohmann::ordered_json require_own_table() const;
  nlohmann::ordered_json matrix_of_set() const;
  void count_what_is_there();
  void write_metadata();

  const std::filesystem::path directory_, predictions_path_;
  const EvaluationOptions options_;
  const std::shared_ptr<artifacts::Crew> crew_;
  const std::chrono::steady_clock::time_point opened_ = std::chrono::steady_clock::now();

  mutable std::mutex mutex_;
  ConfusionMatrix confusion_;
  bool is_behind_ = false;  ///< the JSON files are
  std::vector<std::string> columns_;
  std::unique_ptr<MetricsFile> predictions_;
};

}  // namespace neurotape::detail
