#pragma once
/// \file
/// An experiment inside: the pools, the threads, the backend, the open episodes.

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "neurotape/experiment.hpp"
#include "recorder/at_exit.hpp"
#include "recorder/backend.hpp"
#include "recorder/episode_core.hpp"
#include "recorder/losses.hpp"
#include "recorder/sync.hpp"
#include "recorder/worker_pool.hpp"
#include "recorder/writer.hpp"

namespace neurotape::detail {

/// Thread safety: any thread; `close` once, last.
class Recorder final : private DiskListener, private ClosedAtExit {
 public:
  /// \throws Error invalid_argument, memory_cap
  static void require_usable(const ExperimentOptions& options, const ErrorContext& where);

  Recorder(std::unique_ptr<Backend> backend, std::string experiment, const ExperimentOptions& options);
  ~Recorder() override;
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }
  bool is_ours() const noexcept { return parts_->are_ours(); }
  void save_config(const nlohmann::json& config);
  void save_network(std::string_view table, const std::vector<NamedArray>& columns);
  std::shared_ptr<EpisodeCore> start_episode(const EpisodeOptions& options);
  /// Hands the episode to the workers; `status` and `discard` as in Episode.
  void finish(const std::shared_ptr<EpisodeCore>& episode, const std::string& status, bool discard);
  void flush();
  Stats stats() const;
  static Stats stats_of(const EpisodeCore& episode);
  void close();

  // For what is written beside the episodes.
  ErrorContext context() const;
  void require_open() const;
  void run_on_worker(std::function<void()> task) { workers_.run_soon(std::move(task)); }
  BufferPool& buffers() noexcept { return parts_->buffers; }
  Durability durability() const noexcept { return options_.durability; }
  /// Kept for `close()`.
  void keep_failure(const Error& error) noexcept { parts_->reporter.failure(error); }
  void notice(const Error& error) noexcept { parts_->reporter.notice(error); }
  /// Done first of all when the experiment is closed, while its workers still work.
  void before_close(std::weak_ptr<void> of, std::function<void()> step);

 private:
  void finish_beside();
  void take_last_rows(const std::shared_ptr<EpisodeCore>& episode);
  void finish_all();
  void harvest(const std::shared_ptr<Epoch>& epoch);
  void episode_done(const std::shared_ptr<EpisodeCore>& episode);
  void fail_all(const Error& error) noexcept;
  bool relieve();
  std::vector<std::shared_ptr<EpisodeCore>> episodes() const;
  void report_drops();
  // On the thread that writes.
  void disk_is_full(const Error& error) override;
  void disk_has_space() override;
  bool gives_up() const override;
  // Of the thread that ends the program.
  void close_at_exit() noexcept override;

  const ExperimentOptions options_;
  const std::unique_ptr<Backend> backend_;
  const std::shared_ptr<RecorderParts> parts_;
  const std::filesystem::path path_;
  const WallClock clock_;  ///< of all episodes, so that none began before the run did

  mutable sync::Mutex mutex_;
  std::map<std::uint64_t, std::shared_ptr<EpisodeCore>> episodes_;  ///< whose rows are not all committed
  std::uint64_t next_number_;
  StreamStats finished_;  ///< sum over the streams of all other episodes
  Losses losses_;         ///< of the same
  std::vector<std::pair<std::weak_ptr<void>, std::function<void()>>> before_close_;
  bool closed_ = false;
  sync::Atomic<bool> closing_{false};

  WorkerPool workers_;
  Writer writer_;
};

}  // namespace neurotape::detail
