#pragma once
/// \file
/// The writer thread: the only one that calls the backend.

#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <variant>
#include <vector>

#include "recorder/backend.hpp"
#include "recorder/disk_forecast.hpp"
#include "recorder/episode_core.hpp"
#include "recorder/sync.hpp"
#include "recorder/work.hpp"

namespace neurotape {

/// One commit: how far each stream goes in it.
struct Epoch {
  std::uint64_t number = 0;
  bool everything = false;  ///< a flush: nothing waits for lanes that lag behind
  std::uint64_t flush_ticket = 0;
  std::uint64_t finish_ticket = 0;  ///< episodes finished up to here belong to it
  sync::Clock::time_point started;

  // The writer thread.
  std::chrono::nanoseconds work{0};
  struct Share {
    std::shared_ptr<StreamState> stream;
    MarkItem mark;
  };
  std::map<std::shared_ptr<EpisodeCore>, std::vector<Share>> shares;
  std::size_t marks = 0;
  std::size_t marks_expected = SIZE_MAX;  ///< until all streams were asked
};

struct CommitStats {
  std::uint64_t commits = 0;
  std::chrono::nanoseconds last{0};
  std::chrono::nanoseconds longest{0};
  std::chrono::nanoseconds work{0};
  double disk_bytes_per_second = 0;
  std::uint64_t disk_free_bytes = 0;
};

/// Thread safety: public members from any thread.
class Writer {
 public:
  /// What the writer asks of its owner, on the writer thread. None of them may wait.
  struct Hooks {
    std::function<void(std::shared_ptr<Epoch>)> harvest;  ///< asks all streams for their share, then calls `harvested`
    std::function<void(const std::shared_ptr<EpisodeCore>&)> episode_done;  ///< all its rows are committed
    std::function<void(const Error&)> everything_failed;
  };

  Writer(Backend& backend, RecorderParts& parts, Hooks hooks);
  ~Writer();

  // From workers.
  void post(StreamItem item);
  void finishing(std::shared_ptr<EpisodeCore> episode, std::uint64_t raw_bytes);
  void all_rows_taken(std::shared_ptr<EpisodeCore> episode, std::size_t streams);
  void harvested(std::shared_ptr<Epoch> epoch, std::size_t marks, std::uint64_t finish_ticket);
  /// Rows will not come: the first such error is what `flush` throws.
  void keep_failure(const Error& error) noexcept;
  /// Waits while more encoded chunks wait to be written than the buffers are for.
  void wait_for_room();

  // From callers.
  std::uint64_t next_finish_ticket() { return finish_tickets_.fetch_add(1) + 1; }
  std::uint64_t last_finish_ticket() const { return finish_tickets_.load(); }
  /// Runs `task` on the writer thread and returns when it is done. \throws what the task throws
  void call(const std::function<void()>& task);
  /// Returns when a commit that began after the call is done. \throws Error what kept rows from the file so far
  void flush();
  CommitStats commit_stats() const;
  /// From now on only `flush` commits: whoever gathers the rows of a commit may end after the next one.
  void end_timed_commits();
  /// Work was lost on its way here, so that nothing can be completed any more: everything fails, nobody waits.
  void abandon(const Error& error) noexcept;
  /// Last call: everything has been flushed. Closes the backend.
  void stop();

 private:
  using Task = std::function<void()>;
  using Message = std::variant<StreamItem, Task>;

  void send(Message message);
  void run();
  bool work_once();
  std::vector<Message> receive();
  void handle(Message& message);
  void begin_commit_if_due();
  void end_commit_if_complete();
  void commit_episodes(Epoch& epoch);
  void commit_run(const Epoch& epoch);
  void fail_lost(const Epoch& epoch, const CommitResult& result);
  void after_commit(Epoch& epoch);
  void look_at_disk();

  void take_in_order(StreamItem item);
  void apply(StreamItem& item);
  void apply_to_sink(StreamState& stream, StreamItem& item);
  void end_episode_if_complete(const std::shared_ptr<EpisodeCore>& episode);
  EpisodeSink& sink(EpisodeCore& episode);
  void guard(EpisodeCore& episode, const std::function<void()>& action);
  void fail_everything(const Error& error) noexcept;
  void note_finished(std::uint64_t ticket);
  bool all_finished(std::uint64_t ticket) const { return finished_up_to_ >= ticket; }

  Backend& backend_;
  RecorderParts& parts_;
  const Hooks hooks_;
  sync::Atomic<std::uint64_t> finish_tickets_{0};

  // The mutex.
  mutable sync::Mutex mutex_;
  sync::ConditionVariable wake_;
  sync::ConditionVariable room_;
  sync::ConditionVariable committed_;
  sync::ConditionVariable called_;
  std::vector<Message> messages_;
  std::size_t stored_bytes_waiting_ = 0;
  std::uint64_t flush_requested_ = 0;
  std::uint64_t flush_done_ = 0;
  bool timed_commits_ = true;
  bool stopping_ = false;
  bool abandoned_ = false;
  bool sleeping_ = false;
  CommitStats commit_stats_;
  std::optional<Error> first_failure_;

  // The writer thread.
  std::shared_ptr<Epoch> epoch_;
  std::uint64_t next_epoch_ = 1;
  sync::Clock::time_point next_commit_;
  std::vector<std::shared_ptr<EpisodeCore>> finished_;  ///< since the last commit
  std::uint64_t finished_up_to_ = 0;
  std::set<std::uint64_t> finished_early_;
  bool backend_failed_ = false;
  std::uint64_t stored_bytes_ = 0;
  DiskForecast forecast_{sync::Clock::now()};

  sync::Thread thread_;
};

}  // namespace neurotape
