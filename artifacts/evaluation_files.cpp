#include "artifacts/evaluation_files.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "artifacts/evaluation_json.hpp"
#include "backends/io/new_file.hpp"
#include "recorder/names.hpp"

namespace neurotape {
namespace detail {
namespace {

constexpr const char* kConfusion = "confusion_matrices.json";
constexpr const char* kDistributions = "class_distributions.json";

MetricsOptions table_of(const std::vector<std::string>& columns, std::uint64_t flush_rows) {
  MetricsOptions options;
  for (const auto& name : columns)
    options.columns.push_back({name, options.columns.size() < 3 ? CellType::text : CellType::real});
  options.flush_rows = flush_rows;
  return options;
}

constexpr const char* kPredictions = "predictions";  // of a class set in the JSON file: the name of its table

/// The class sets of a file, where there is one, with this one among them.
void put_class_set(const std::filesystem::path& path, std::string_view format, const std::string& name,
                   nlohmann::ordered_json set, bool durable) {
  std::error_code ignored;
  auto sets = std::filesystem::exists(path, ignored) ? artifacts::load_class_sets(path, format)
                                                     : nlohmann::ordered_json::object();
  sets[name] = std::move(set);
  artifacts::save_class_sets(path, format, sets, durable);
}

}  // namespace

EvaluationFiles::EvaluationFiles(const std::filesystem::path& directory, const std::vector<std::string>& labels,
                                 const EvaluationOptions& options, std::shared_ptr<artifacts::Crew> crew)
    : directory_(directory),
      predictions_path_(directory / options.predictions),
      options_(options),
      crew_(std::move(crew)),
      confusion_(labels),
      columns_{"file_id", "true", "predicted"} {
  for (const auto& label : labels) columns_.push_back("probability_" + label);
  crew_->require_usable("evaluation()");
  require_name("table of predictions", options_.predictions);
  crew_->run([this] { io::make_directories(directory_, crew_->durable()); });
  predictions_ = std::make_unique<MetricsFile>(predictions_path_, table_of(columns_, options_.flush_rows), crew_);
  const auto before = require_own_table();
  count_what_is_there();
  // Whose predictions these are has to be known before there are any.
  is_behind_ = before != matrix_of_set();
  if (is_behind_) crew_->run([this] { write_metadata(); });
}

/// The predictions of one class set are in a table of their own: those of others would be counted with them.
/// \returns what the file says of this class set; null: nothing
nlohmann::ordered_json EvaluationFiles::require_own_table() const {
  std::error_code ignored;
  const auto path = directory_ / kConfusion;
  const auto sets = std::filesystem::exists(path, ignored)
                        ? artifacts::load_class_sets(path, artifacts::kConfusionFormat)
                        : nlohmann::ordered_json::object();
  for (const auto& [name, set] : sets.items())
    if (name != options_.class_set && set.is_object() && set.value(kPredictions, "") == options_.predictions)
      throw Error(ErrorCode::already_exists,
                  fmt::format("it has the predictions of the class set '{}': those of '{}' need another file "
                              "(EvaluationOptions::predictions)",
                              name, options_.class_set),
                  {.path = predictions_path_.string()});
  return sets.contains(options_.class_set) ? sets[options_.class_set] : nlohmann::ordered_json();
}

nlohmann::ordered_json EvaluationFiles::matrix_of_set() const {
  auto matrix = artifacts::json_of(confusion_);
  matrix[kPredictions] = options_.predictions;
  return matrix;
}

void EvaluationFiles::count_what_is_there() {
  if (predictions_->rows() == 0) return;
  const auto frame = read_metrics(predictions_path_);
  const auto &as_true = frame.texts(columns_[1]), &as_predicted = frame.texts(columns_[2]);
  try {
    for (std::size_t i = 0; i < frame.rows(); ++i)
      confusion_.add(confusion_.class_of(as_true[i]), confusion_.class_of(as_predicted[i]));
  } catch (const Error& error) {
    throw Error(ErrorCode::damaged, error.what(), {.path = predictions_path_.string()});
  }
}

EvaluationFiles::~EvaluationFiles() {
  crew_->at_the_end(directory_, [this] { settle(); });
}

void EvaluationFiles::record(std::string_view file_id, std::size_t true_class, std::size_t predicted_class,
                             std::span<const double> probabilities) {
  const std::lock_guard lock(mutex_);
  const auto& labels = confusion_.labels();
  const auto refuse = [&](ErrorCode code, const std::string& why) {
    throw Error(code, fmt::format("sample '{}': {}", file_id, why), {.path = predictions_path_.string()});
  };
  if (file_id.empty()) refuse(ErrorCode::invalid_name, "its file id is empty");
  if (!probabilities.empty() && probabilities.size() != labels.size())
    refuse(ErrorCode::wrong_shape,
           fmt::format("expected a probability for each of {} classes, got {}", labels.size(), probabilities.size()));
  for (std::size_t i = 0; i < probabilities.size(); ++i)
    if (!(probabilities[i] >= 0 && probabilities[i] <= 1))
      refuse(ErrorCode::out_of_range,
             fmt::format("the probability of '{}' is {}, expected 0 to 1", labels[i], probabilities[i]));
  for (const auto given : {true_class, predicted_class})
    if (given >= labels.size())
      refuse(ErrorCode::out_of_range, fmt::format("there is no class {}: expected 0 to {} ({})", given,
                                                  labels.size() - 1, fmt::join(labels, ", ")));
  std::vector<NamedCell> row{
      {columns_[0], file_id}, {columns_[1], labels[true_class]}, {columns_[2], labels[predicted_class]}};
  for (std::size_t i = 0; i < labels.size(); ++i)
    row.push_back({columns_[i + 3], probabilities.empty() ? Cell() : Cell(probabilities[i])});
  predictions_->append(row);
  confusion_.add(true_class, predicted_class);
  is_behind_ = true;
}

std::size_t EvaluationFiles::class_of(std::string_view file_id, std::string_view label) const {
  const auto& labels = confusion_.labels();  // they do not change
  const auto found = std::find(labels.begin(), labels.end(), label);
  if (found == labels.end())
    throw Error(
        ErrorCode::not_found,
        fmt::format("sample '{}': there is no class '{}': expected one of {}", file_id, label, fmt::join(labels, ", ")),
        {.path = predictions_path_.string()});
  return static_cast<std::size_t>(found - labels.begin());
}

void EvaluationFiles::settle() {
  crew_->require_usable("~Evaluation()");
  const std::lock_guard lock(mutex_);
  predictions_->flush();
  if (is_behind_) crew_->run([this] { write_metadata(); });
}

void EvaluationFiles::write_metadata() {
  put_class_set(directory_ / kConfusion, artifacts::kConfusionFormat, options_.class_set, matrix_of_set(),
                crew_->durable());
  put_class_set(directory_ / kDistributions, artifacts::kDistributionFormat, options_.class_set,
                artifacts::distribution_of(confusion_), crew_->durable());
  is_behind_ = false;
}

ConfusionMatrix EvaluationFiles::confusion() const {
  const std::lock_guard lock(mutex_);
  return confusion_;
}

EvaluationSummary EvaluationFiles::save_metadata() {
  const std::lock_guard lock(mutex_);
  predictions_->flush();
  EvaluationSummary summary;
  crew_->run([&] {
    write_metadata();
    for (const auto& path : {predictions_path_, directory_ / kConfusion, directory_ / kDistributions})
      summary.bytes += std::filesystem::file_size(path);
  });
  summary.predictions = confusion_.total();
  for (std::size_t i = 0; i < confusion_.classes(); ++i) summary.correct += confusion_.count(i, i);
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - opened_).count();
  return summary;
}

}  // namespace detail

Evaluation::Evaluation(const std::filesystem::path& directory, const std::vector<std::string>& labels,
                       const EvaluationOptions& options, const StandAlone& how)
    : files_(std::make_shared<detail::EvaluationFiles>(directory, labels, options, artifacts::crew_of_caller(how))) {}
Evaluation::Evaluation(std::shared_ptr<detail::EvaluationFiles> files) : files_(std::move(files)) {}
Evaluation::Evaluation(Evaluation&&) noexcept = default;
Evaluation& Evaluation::operator=(Evaluation&&) noexcept = default;
Evaluation::~Evaluation() = default;

void Evaluation::record(std::string_view file_id, std::size_t true_class, std::size_t predicted_class,
                        std::span<const double> probabilities) {
  files_->record(file_id, true_class, predicted_class, probabilities);
}

void Evaluation::record(std::string_view file_id, std::string_view true_label, std::string_view predicted_label,
                        std::span<const double> probabilities) {
  files_->record(file_id, files_->class_of(file_id, true_label), files_->class_of(file_id, predicted_label),
                 probabilities);
}

ConfusionMatrix Evaluation::confusion() const { return files_->confusion(); }
EvaluationSummary Evaluation::save_metadata() { return files_->save_metadata(); }

}  // namespace neurotape
