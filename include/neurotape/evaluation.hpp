#pragma once
/// \file
/// Predictions of a classifier, confusion matrices, class distributions.

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "neurotape/metrics.hpp"

namespace neurotape {

namespace detail {
class EvaluationFiles;
}

/// How often samples of one class were taken for each class. A value. What follows from the counts is computed, never stored.
class ConfusionMatrix {
 public:
  ConfusionMatrix() = default;
  /// \throws Error invalid_name: labels that are empty or come twice; invalid_argument: none, or text that is not UTF-8
  explicit ConfusionMatrix(std::vector<std::string> labels);
  /// \param counts a row for each true class, a column for each predicted one
  ConfusionMatrix(std::vector<std::string> labels, const std::vector<std::vector<std::uint64_t>>& counts);

  /// \throws Error out_of_range
  void add(std::size_t true_class, std::size_t predicted_class, std::uint64_t samples = 1);

  const std::vector<std::string>& labels() const noexcept { return labels_; }
  std::size_t classes() const noexcept { return labels_.size(); }
  std::uint64_t count(std::size_t true_class, std::size_t predicted_class) const;
  std::uint64_t total() const noexcept;
  std::uint64_t true_count(std::size_t of_class) const;
  std::uint64_t predicted_count(std::size_t of_class) const;

  // 0 where there is nothing to divide by, as scikit-learn has it.
  double accuracy() const;
  double precision(std::size_t of_class) const;
  double recall(std::size_t of_class) const;
  double f1(std::size_t of_class) const;
  double macro_f1() const;  ///< mean over the classes

  /// \throws Error not_found
  std::size_t class_of(std::string_view label) const;
  friend bool operator==(const ConfusionMatrix&, const ConfusionMatrix&) = default;

 private:
  std::size_t place_of(std::size_t true_class, std::size_t predicted_class) const;

  std::vector<std::string> labels_;
  std::vector<std::uint64_t> counts_;
};

/// Confusion matrices by the name of their set of classes, as JSON: `{"class_sets": {name: {"labels": [...], "counts": [[...]]}}}`,
/// a row of counts for each true class. The file is replaced as a whole.
/// \throws Error io
void save_confusion_matrices(const std::filesystem::path& path, const std::map<std::string, ConfusionMatrix>& matrices,
                             Durability durability = Durability::power);
/// \throws Error not_found, io, damaged (with the class set)
std::map<std::string, ConfusionMatrix> load_confusion_matrices(const std::filesystem::path& path);

struct EvaluationOptions {
  std::string class_set = "classes";                 ///< name of the set of classes, in the JSON files
  std::string predictions = "predictions_eval.csv";  ///< the file of its predictions
  std::uint64_t flush_rows = 1;                      ///< of the predictions, as in `MetricsOptions`
};

/// What an evaluation has written.
struct EvaluationSummary {
  std::uint64_t predictions = 0;
  std::uint64_t correct = 0;
  std::uint64_t bytes = 0;           ///< of its three files
  std::string compression = "none";  ///< CSV and JSON are plain text
  double seconds = 0;                ///< since it was opened
};

/// The predictions for the samples of a set of classes: `predictions_eval.csv` (`file_id,true,predicted` and, for each class,
/// `probability_<label>`), and beside it, when `save_metadata` is called and at the end, `confusion_matrices.json` and
/// `class_distributions.json` (how often each class was true, and predicted). Other class sets in these files stay; each
/// needs predictions of its own (`EvaluationOptions::predictions`).
///
/// A prediction is in the file when `record` returns, as a row of a `MetricsTable`. An evaluation that is there is gone on with.
/// Threads: any, at once.
class Evaluation {
 public:
  /// \param labels of the classes
  /// \throws Error as `MetricsTable`; damaged: a prediction of another class; already_exists: the predictions of another
  /// class set
  Evaluation(const std::filesystem::path& directory, const std::vector<std::string>& labels,
             const EvaluationOptions& options = {}, const StandAlone& how = {});
  explicit Evaluation(std::shared_ptr<detail::EvaluationFiles> files);
  Evaluation(Evaluation&&) noexcept;
  Evaluation& operator=(Evaluation&&) noexcept;
  ~Evaluation();

  /// \param probabilities one for each class, of 0 to 1; or none
  /// \throws Error out_of_range, wrong_shape, invalid_name (no file id), invalid_argument (text that is not UTF-8), io
  void record(std::string_view file_id, std::size_t true_class, std::size_t predicted_class,
              std::span<const double> probabilities = {});
  /// The same with labels. \throws Error not_found: there is no such class
  void record(std::string_view file_id, std::string_view true_label, std::string_view predicted_label,
              std::span<const double> probabilities = {});

  ConfusionMatrix confusion() const;
  /// Writes the predictions that wait, and the two JSON files.
  /// \returns what has been written
  EvaluationSummary save_metadata();

 private:
  std::shared_ptr<detail::EvaluationFiles> files_;
};

}  // namespace neurotape
