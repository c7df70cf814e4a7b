#include "backends/hdf5/backend.hpp"

#include <utility>

#include "backends/hdf5/episode_sink.hpp"
#include "backends/hdf5/run.hpp"
#include "backends/io/file.hpp"
#include "recorder/threads.hpp"

namespace neurotape::hdf5 {
namespace {

class Hdf5Backend final : public Backend {
 public:
  Hdf5Backend(std::shared_ptr<Run> run, std::unique_ptr<CodecLibrary> codecs)
      : run_(std::move(run)), codecs_(std::move(codecs)) {}

  const std::filesystem::path& path() const noexcept override { return run_->directory().path(); }
  RunInfo info() const override {
    const auto& setup = run_->setup().setup();
    return {setup.experiment_name, setup.dt, setup.dt_unit};
  }
  std::uint64_t next_episode_number() const override { return run_->next_episode(); }
  const CodecLibrary& codecs() const noexcept override { return *codecs_; }

  std::vector<Error> limits() const override { return run_->limits(); }
  std::optional<std::uint64_t> free_bytes() const noexcept override {
    return io::free_bytes(run_->directory().path().c_str());
  }
  void listen(DiskListener* listener) override { run_->listen(listener); }

  void save_config(const nlohmann::json& config) override {
    const QuietErrors quiet;
    run_->setup().save_config(config);
  }
  void save_network(std::string_view table, std::span<const NamedArray> columns) override {
    const QuietErrors quiet;
    run_->setup().save_network(table, columns);
  }
  void tell(const RingUse& use) noexcept override { run_->directory().tell(use); }
  void save_profile(std::string_view trace) override { run_->save_profile(trace); }
  std::unique_ptr<EpisodeSink> start_episode(const EpisodeInfo& info) override {
    return std::make_unique<Hdf5EpisodeSink>(run_, info);
  }
  CommitResult commit() override {
    const QuietErrors quiet;
    return run_->commit();
  }
  void close() override {
    const QuietErrors quiet;
    run_->close();
  }

 private:
  const std::shared_ptr<Run> run_;
  const std::unique_ptr<CodecLibrary> codecs_;
};

}  // namespace

std::unique_ptr<Backend> create_run(const std::filesystem::path& parent, const RunInfo& info,
                                    std::unique_ptr<CodecLibrary> codecs, const StorageOptions& options) {
  const QuietErrors quiet;
  const NoSignal no_signal(SIGXFSZ);  // a file that may not grow is an error
  return std::make_unique<Hdf5Backend>(std::make_shared<Run>(parent, info, options, std::chrono::system_clock::now()),
                                       std::move(codecs));
}

std::unique_ptr<Backend> open_run(const std::filesystem::path& path, std::unique_ptr<CodecLibrary> codecs,
                                  const StorageOptions& options) {
  const QuietErrors quiet;
  const NoSignal no_signal(SIGXFSZ);  // a file that may not grow is an error
  return std::make_unique<Hdf5Backend>(std::make_shared<Run>(path, options, std::chrono::system_clock::now()),
                                       std::move(codecs));
}

}  // namespace neurotape::hdf5
