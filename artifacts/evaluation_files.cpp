#include "artifacts/evaluation_files.hpp"

#include <fmt/format.h>

#include "artifacts/evaluation_json.hpp"
#include "backends/io/new_file.hpp"

namespace neurotape {
namespace detail {
namespace {

constexpr const char* kPredictions = "predictions_eval.csv";
constexpr const char* kConfusion = "confusion_matrices.json";
constexpr const char* kDistributions = "class_distributions.json";

MetricsOptions table_of(const std::vector<std::string>& columns, std::uint64_t flush_rows) {
  MetricsOptions options;
  for (const auto& name : columns)
    options.columns.push_back({name, options.columns.size() < 3 ? CellType::text : CellType::real});
  options.flush_rows = flush_rows;
  return options;
}

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
      options_(options),
      crew_(std::move(crew)),
      confusion_(labels),
      columns_{"file_id", "true", "predicted"} {
  for (const auto& label : labels) columns_.push_back("probability_" + label);
  crew_->require_usable("evaluation()");
  crew_->run([this] { io::make_directories(directory_, crew_->durable()); });
  predictions_ =
      std::make_unique<MetricsFile>(directory_ / kPredictions, table_of(columns_, options_.flush_rows), crew_);
  count_what_is_there();
}

void EvaluationFiles::count_what_is_there() {
  if (predictions_->rows() == 0) return;
  const auto frame = read_metrics(directory_ / kPredictions);
  const auto &as_true = frame.texts(columns_[1]), &as_predicted = frame.texts(columns_[2]);
  try {
    for (std::size_t i = 0; i < frame.rows(); ++i)
      confusion_.add(confusion_.class_of(as_true[i]), confusion_.class_of(as_predicted[i]));
  } catch (const Error& error) {
    throw Error(ErrorCode::damaged, error.what(), {.path = (directory_ / kPredictions).string()});
  }
}

void EvaluationFiles::record(std::string_view file_id, std::size_t true_class, std::size_t predicted_class,
                             std::span<const double> probabilities) {
  const std::lock_guard lock(mutex_);
  const auto& labels = confusion_.labels();
  if (!probabilities.empty() && probabilities.size() != labels.size())
    throw Error(ErrorCode::wrong_shape,
                fmt::format("sample '{}': expected a probability for each of {} classes, got {}", file_id,
                            labels.size(), probabilities.size()));
  for (std::size_t i = 0; i < probabilities.size(); ++i)
    if (!(probabilities[i] >= 0 && probabilities[i] <= 1))
      throw Error(ErrorCode::out_of_range, fmt::format("sample '{}': the probability of '{}' is {}, expected 0 to 1",
                                                       file_id, labels[i], probabilities[i]));
  confusion_.count(true_class, predicted_class);  // throws for classes that there are not
  std::vector<NamedCell> row{
      {columns_[0], file_id}, {columns_[1], labels[true_class]}, {columns_[2], labels[predicted_class]}};
  for (std::size_t i = 0; i < labels.size(); ++i)
    row.push_back({columns_[i + 3], probabilities.empty() ? Cell() : Cell(probabilities[i])});
  predictions_->append(row);
  confusion_.add(true_class, predicted_class);
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
    put_class_set(directory_ / kConfusion, artifacts::kConfusionFormat, options_.class_set,
                  artifacts::json_of(confusion_), crew_->durable());
    put_class_set(directory_ / kDistributions, artifacts::kDistributionFormat, options_.class_set,
                  artifacts::distribution_of(confusion_), crew_->durable());
    for (const char* name : {kPredictions, kConfusion, kDistributions})
      summary.bytes += std::filesystem::file_size(directory_ / name);
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
  const auto classes = files_->confusion();
  files_->record(file_id, classes.class_of(true_label), classes.class_of(predicted_label), probabilities);
}

ConfusionMatrix Evaluation::confusion() const { return files_->confusion(); }
EvaluationSummary Evaluation::save_metadata() { return files_->save_metadata(); }

}  // namespace neurotape
