#include "bench/support/recorder_sink.hpp"

#include <filesystem>
#include <optional>
#include <stdexcept>

namespace neurotape::bench {
namespace {

class RecorderSink : public Sink {
 public:
  RecorderSink(const Job& job, const std::filesystem::path& directory, const ExperimentOptions& options)
      : experiment_(Experiment::create(directory, "bench", options)),
        episode_(experiment_.start_episode()),
        streams_(episode_, *job.workload) {}

  void record(std::int64_t t, std::size_t step) override { streams_.record(t, step); }
  void close() override {
    episode_.finish();
    experiment_.close();
    check_all_recorded(experiment_);
  }

 private:
  Experiment experiment_;
  Episode episode_;
  RecordedStreams streams_;
};

}  // namespace

RecordedStreams::RecordedStreams(Episode& episode, const Workload& workload) {
  for (const Series& series : workload.series) {
    const auto name = std::filesystem::path(series.name).filename().string();
    switch (series.kind) {
      case Kind::neural_state:
        dense_.push_back({episode.neural_state<float>(name, {series.fields[0].width}), &series});
        break;
      case Kind::behavior:
        dense_.push_back({episode.behavior<float>(name, {series.fields[0].width}), &series});
        break;
      case Kind::spikes:
        spikes_.push_back({episode.spikes(name), &series});
        break;
      case Kind::rewards:
        rewards_.push_back({episode.rewards(), &series});
        break;
      case Kind::weight_changes:
        changes_.push_back({episode.weight_changes(), &series});
        break;
    }
  }
}

void RecordedStreams::record(std::int64_t t, std::size_t step) noexcept {
  for (auto& [stream, series] : dense_) stream.record(t, series->values<float>(0, step));
  for (auto& [stream, series] : spikes_) stream.record(t, series->values<std::uint32_t>(0, step));
  for (auto& [stream, series] : rewards_) stream.record(t, series->values<double>(0, step)[0]);
  for (auto& [stream, series] : changes_)
    stream.record(t, series->values<std::uint64_t>(0, step), series->values<float>(1, step),
                  series->values<float>(2, step));
}

MakeSink recorder(const ExperimentOptions& options) {
  return [options](const Job& job, const std::filesystem::path& directory) {
    return std::make_unique<RecorderSink>(job, directory, options);
  };
}

void check_all_recorded(const Experiment& experiment) {
  if (experiment.stats().total.rows_dropped != 0) throw std::runtime_error("rows were dropped");
}

}  // namespace neurotape::bench
