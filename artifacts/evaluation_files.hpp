#pragma once
/// \file
/// The files of one evaluation.

#include <chrono>
#include <memory>
#include <mutex>
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

  void record(std::string_view file_id, std::size_t true_class, std::size_t predicted_class,
              std::span<const double> probabilities);
  ConfusionMatrix confusion() const;
  EvaluationSummary save_metadata();
  void flush() { predictions_->flush(); }

 private:
  void count_what_is_there();

  const std::filesystem::path directory_;
  const EvaluationOptions options_;
  const std::shared_ptr<artifacts::Crew> crew_;
  const std::chrono::steady_clock::time_point opened_ = std::chrono::steady_clock::now();

  mutable std::mutex mutex_;
  ConfusionMatrix confusion_;
  std::vector<std::string> columns_;
  std::unique_ptr<MetricsFile> predictions_;
};

}  // namespace neurotape::detail
