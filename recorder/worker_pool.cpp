#include "recorder/worker_pool.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "recorder/episode_core.hpp"
#include "recorder/failures.hpp"
#include "recorder/nan.hpp"
#include "recorder/threads.hpp"

namespace neurotape {
namespace {

using namespace std::chrono_literals;
constexpr std::chrono::nanoseconds kShortestNap = 200us;
constexpr std::chrono::nanoseconds kLongestNap = 250ms;  // a look costs up to 0.1 ms on a virtual machine

std::size_t bytes_copied(const EncodeJob& job) { return job.buffer == nullptr ? 0 : job.buffer->bytes(); }

}  // namespace

WorkerPool::WorkerPool(Crew crew, RecorderParts& parts, Hooks hooks) : parts_(parts), hooks_(std::move(hooks)) {
  threads_.reserve(static_cast<std::size_t>(crew.workers) + 1);
  try {
    for (int i = 0; i < crew.workers; ++i)
      threads_.push_back(start_thread(fmt::format("neurotape-{}", i).c_str(), [this] { work(); }));
    if (crew.extra) threads_.push_back(start_thread("neurotape-extra", [this] { help_out(); }));
  } catch (...) {
    stop();
    throw;
  }
}

WorkerPool::~WorkerPool() { stop(); }

void WorkerPool::work() {
  for (auto nap = kShortestNap;;) {
    try {
      parts_.blocks.replenish();
      const bool has_encoded = encode_one();
      // A task alone, as of a commit that finds nothing, is no reason to look more often.
      if (!has_encoded && run_one_task()) continue;
      if (has_encoded || consume_one() || relieve_lanes()) {
        nap = kShortestNap;
        continue;
      }
    } catch (const std::exception& error) {
      hooks_.task_failed(as_error("a worker failed", error));
    }
    if (!rest(nap)) return;
  }
}

void WorkerPool::help_out() {
  while (wait_until_behind()) {
    try {
      if (!encode_one()) consume_one();
    } catch (const std::exception& error) {
      hooks_.task_failed(as_error("a worker failed", error));
    }
  }
}

// False: the pool ends, and nothing is left to do.
bool WorkerPool::wait_until_behind() {
  std::unique_lock lock(mutex_);
  behind_.wait(lock, [&] { return stopping_ || extra_woken_ || is_behind(); });
  extra_woken_ = false;
  return !stopping_ || !jobs_.empty();
}

bool WorkerPool::encode_one() {
  {
    const std::lock_guard lock(mutex_);
    if (jobs_.empty()) return false;
  }
  writer_->wait_for_room();
  EncodeJob job;
  bool wake_extra = false;
  {
    const std::lock_guard lock(mutex_);
    if (jobs_.empty()) return false;
    job = std::move(jobs_.front());
    jobs_.pop_front();
    copied_bytes_ -= bytes_copied(job);
    wake_extra = is_behind();
  }
  if (wake_extra) behind_.notify_one();
  ChunkItem item{job.place, nullptr, {}};
  try {
    encode(job, item);
  } catch (const std::exception& error) {  // the item still goes its way: those behind it wait for it
    const Error kept = as_error("cannot encode a chunk", error);
    job.stream->episode->fail(kept);
    writer_->keep_failure(kept);
    parts_.reporter.failure(kept);
  }
  job.block = {};
  job.buffer = nullptr;
  write({std::move(job.stream), job.order, std::move(item)});
  return true;
}

void WorkerPool::encode(EncodeJob& job, ChunkItem& item) {
  StreamState& stream = *job.stream;
  const Encoder& encoder = *stream.encoders[job.place.column];
  const std::span raw(job.raw, job.raw_bytes);
  const ColumnSpec& column = stream.spec.columns[job.place.column];
  if (stream.rules.validate.nan == NanPolicy::count && column.text_bytes == 0)
    if (const auto nans = count_nans(raw, column.dtype)) stream.nan_values.fetch_add(nans, std::memory_order_relaxed);
  const ProfiledScope scope(parts_.profile.get(), "encode", stream.spec.path, raw.size());
  item.stored = parts_.buffers.acquire(encoder.bound(raw.size()));
  const std::span out(item.stored->data(), item.stored->bytes());
  item.encoded = parts_.blocks.is_half_full() ? encoder.encode_in_haste(raw, out) : encoder.encode(raw, out);
}

bool WorkerPool::run_one_task() {
  std::function<void()> task;
  {
    const std::lock_guard lock(mutex_);
    if (tasks_.empty()) return false;
    task = std::move(tasks_.front());
    tasks_.pop_front();
  }
  task();
  return true;
}

bool WorkerPool::consume_one() {
  const auto stream = parts_.ready.pop();
  if (stream == nullptr) return false;
  wake();  // somebody else looks for more meanwhile
  stream->consume(*this, Take::full_blocks);
  return true;
}

bool WorkerPool::relieve_lanes() { return parts_.blocks.has_waiters() && hooks_.relieve(); }

// Rows in buffers come on top of the ring. A commit takes all rows that there are, so without this it could copy as much
// as the ring holds. This waits for the writer, with a stream's mutex held, which the writer needs of no stream that
// has rows.
void WorkerPool::encode(EncodeJob job) {
  bool wake_one = false, wake_extra = false;
  {
    const std::lock_guard lock(mutex_);
    copied_bytes_ += bytes_copied(job);
    jobs_.push_back(std::move(job));
    wake_one = resting_ > 0;
    wake_extra = is_behind();
  }
  if (wake_one) wake_.notify_one();
  if (wake_extra) behind_.notify_one();
  while (too_much_waits() && encode_one()) {
  }
}

bool WorkerPool::too_much_waits() {
  const std::lock_guard lock(mutex_);
  return copied_bytes_ > parts_.buffers.budget_bytes() / 4;
}

void WorkerPool::run_soon(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
}

void WorkerPool::wake() noexcept {
  bool wake_one = false, wake_extra = false;
  {
    const std::lock_guard lock(mutex_);
    wake_one = resting_ > 0;
    woken_ = woken_ || wake_one;
    wake_extra = needs_help();
    extra_woken_ = extra_woken_ || wake_extra;
  }
  if (wake_one) wake_.notify_one();
  if (wake_extra) behind_.notify_one();
}

// Until there is work, or it is time to look whether lanes have filled blocks. False: the pool ends.
bool WorkerPool::rest(std::chrono::nanoseconds& nap) {
  std::unique_lock lock(mutex_);
  const auto something = [&] { return woken_ || stopping_ || !jobs_.empty() || !tasks_.empty(); };
  ++resting_;
  if (someone_looks_) {
    wake_.wait(lock, [&] { return something() || !someone_looks_; });
  } else {
    someone_looks_ = true;
    if (!wake_.wait_for(lock, nap, something)) nap = std::min(2 * nap, kLongestNap);
    someone_looks_ = false;
  }
  --resting_;
  woken_ = false;
  return !(stopping_ && jobs_.empty() && tasks_.empty());
}

void WorkerPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  behind_.notify_all();
  for (auto& thread : threads_)
    if (thread.joinable()) thread.join();
}

}  // namespace neurotape
