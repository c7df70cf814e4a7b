#pragma once
/// \file
/// The threads that gather and encode.

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "recorder/stream_state.hpp"
#include "recorder/sync.hpp"
#include "recorder/work.hpp"
#include "recorder/writer.hpp"

namespace neurotape {

/// Takes, in this order of urgency: chunks to encode, tasks (commits, ends of episodes), streams with full blocks. So the work that is
/// waiting stays bounded: rows leave their blocks only when there is nothing left to encode, and whoever copies them to
/// buffers of their own encodes some of these himself when many wait.
///
/// A lane that fills a block wakes nobody, which would be a system call: one of the resting workers looks by
/// itself now and then. A lane that waits does wake them.
///
/// An extra thread helps only while the ring is more than half full, or somebody waits: a lane, a caller of flush() or
/// close(). The program is faster than the workers then: the processor that was left to it is better used so.
///
/// Thread safety: public members from any thread.
class WorkerPool : public WorkSink {
 public:
  struct Hooks {
    std::function<bool()> relieve;                  ///< lanes wait for space: is there some to be made?
    std::function<void(const Error&)> task_failed;  ///< work was lost: nothing can follow it
  };

  struct Crew {
    int workers = 1;
    bool extra = false;
  };

  WorkerPool(Crew crew, RecorderParts& parts, Hooks hooks);
  ~WorkerPool();

  /// Before the first work.
  void write_to(Writer& writer) { writer_ = &writer; }
  void run_soon(std::function<void()> task);
  void wake() noexcept;
  /// Finishes the work that there is, and ends the threads.
  void stop();

  // WorkSink
  void encode(EncodeJob job) override;
  void write(StreamItem item) override { writer_->post(std::move(item)); }

 private:
  void work();
  void help_out();
  bool wait_until_behind();
  bool needs_help() const { return parts_.blocks.is_half_full() || parts_.waiting.load() > 0; }
  bool is_behind() const { return !jobs_.empty() && needs_help(); }
  bool encode_one();
  bool too_much_waits();
  bool run_one_task();
  void encode(EncodeJob& job, ChunkItem& item);
  bool consume_one();
  bool relieve_lanes();
  bool rest(std::chrono::nanoseconds& nap);

  RecorderParts& parts_;
  const Hooks hooks_;
  Writer* writer_ = nullptr;

  sync::Mutex mutex_;
  sync::ConditionVariable wake_;
  sync::ConditionVariable behind_;
  std::deque<EncodeJob> jobs_;    ///< a stream's chunks stay in order here, so the first one always finds a worker
  std::size_t copied_bytes_ = 0;  ///< in buffers of these jobs
  std::deque<std::function<void()>> tasks_;
  int resting_ = 0;
  bool someone_looks_ = false;
  bool extra_woken_ = false;
  bool woken_ = false;
  bool stopping_ = false;

  std::vector<sync::Thread> threads_;
};

}  // namespace neurotape
