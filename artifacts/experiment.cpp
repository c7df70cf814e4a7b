// Artifacts of an experiment: written by its workers.

#include "neurotape/experiment.hpp"

#include "artifacts/attention_maps.hpp"
#include "artifacts/checkpoint_file.hpp"
#include "artifacts/evaluation_files.hpp"
#include "artifacts/metrics_file.hpp"
#include "recorder/names.hpp"
#include "recorder/recorder.hpp"

namespace neurotape {
namespace {

class RecorderCrew final : public artifacts::Crew {
 public:
  explicit RecorderCrew(std::shared_ptr<detail::Recorder> recorder) : recorder_(std::move(recorder)) {}

  void require_usable(const char* call) const override {
    Reporter::refuse_in_handler(call);
    recorder_->require_open();
  }
  void start(std::function<void()> task) override { recorder_->run_on_worker(std::move(task)); }
  BufferPool& memory() noexcept override { return recorder_->buffers(); }
  Durability durability() const noexcept override { return recorder_->durability(); }
  void report(const Error& error) noexcept override { recorder_->keep_failure(error); }
  void notice(const Error& error) noexcept override { recorder_->notice(error); }

 private:
  const std::shared_ptr<detail::Recorder> recorder_;
};

std::shared_ptr<artifacts::Crew> crew_of(const std::shared_ptr<detail::Recorder>& recorder) {
  return std::make_shared<RecorderCrew>(recorder);
}

/// Has the last work of something done when the experiment is closed, if there still is that thing.
template <class Files>
void settle_before_close(detail::Recorder& recorder, const std::shared_ptr<Files>& files, void (Files::*settle)()) {
  recorder.before_close(files, [files = files.get(), settle] { (files->*settle)(); });
}

}  // namespace

AttentionMapWriter Experiment::attention_maps(const AttentionMapOptions& options) {
  const auto maps = std::make_shared<detail::AttentionMaps>(path() / "attention_maps", options, crew_of(recorder_));
  settle_before_close(*recorder_, maps, &detail::AttentionMaps::settle);
  return AttentionMapWriter(maps);
}

MetricsTable Experiment::metrics(std::string_view file, const MetricsOptions& options) {
  require_name("table of metrics", file);
  const auto table = std::make_shared<detail::MetricsFile>(path() / file, options, crew_of(recorder_));
  settle_before_close(*recorder_, table, &detail::MetricsFile::flush);
  return MetricsTable(table);
}

Evaluation Experiment::evaluation(const std::vector<std::string>& labels, const EvaluationOptions& options) {
  const auto files = std::make_shared<detail::EvaluationFiles>(path(), labels, options, crew_of(recorder_));
  settle_before_close(*recorder_, files, &detail::EvaluationFiles::settle);
  return Evaluation(files);
}

Checkpoint Experiment::checkpoint(std::string_view file, const CheckpointOptions& options) {
  require_name("checkpoint", file);
  return Checkpoint(std::make_shared<detail::CheckpointFile>(path() / file, options, crew_of(recorder_)));
}

void Experiment::draw_training_curves(std::string_view table, std::string_view picture) {
  require_name("table of metrics", table);
  require_name("picture", picture);
  const auto crew = crew_of(recorder_);
  crew->require_usable("draw_training_curves()");
  crew->run([&] { neurotape::draw_training_curves(path() / table, path() / picture, recorder_->durability()); });
}

}  // namespace neurotape
