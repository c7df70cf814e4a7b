#include "recorder/writer.hpp"

#include <algorithm>

#include "recorder/failures.hpp"
#include "recorder/sync.hpp"
#include "recorder/threads.hpp"

namespace neurotape {
namespace {

using Clock = sync::Clock;

std::size_t bytes_held(const StreamItem& item) {
  const auto* const chunk = std::get_if<ChunkItem>(&item.what);
  return chunk == nullptr || chunk->stored == nullptr ? 0 : chunk->stored->bytes();
}

constexpr std::string_view kWho = "the writer failed";

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

}  // namespace

Writer::Writer(Backend& backend, RecorderParts& parts, Hooks hooks)
    : backend_(backend),
      parts_(parts),
      hooks_(std::move(hooks)),
      next_commit_(Clock::now() + parts.commit_interval),
      thread_(start_thread("neurotape-write", [this] { run(); })) {}

Writer::~Writer() { stop(); }

void Writer::run() {
  for (;;) {
    try {
      if (!work_once()) return;
    } catch (const std::exception& error) {
      abandon(as_error(kWho, error));
    }
  }
}

/// \returns whether there will be more
bool Writer::work_once() {
  auto messages = receive();
  for (Message& message : messages) handle(message);
  bool lost = false;
  {
    const std::lock_guard lock(mutex_);
    lost = abandoned_;
  }
  if (lost) {
    fail_everything(*first_failure_);
    epoch_ = nullptr;
  } else {
    end_commit_if_complete();
    begin_commit_if_due();
  }
  const std::lock_guard lock(mutex_);
  return !stopping_ || !messages_.empty() || epoch_ != nullptr;
}

// ---- messages

void Writer::send(Message message) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    messages_.push_back(std::move(message));
    wake = sleeping_;
  }
  if (wake) wake_.notify_one();
}

std::vector<Writer::Message> Writer::receive() {
  std::unique_lock lock(mutex_);
  const auto something = [&] {
    return !messages_.empty() || stopping_ || (!abandoned_ && flush_requested_ > flush_done_);
  };
  sleeping_ = true;
  if (epoch_ != nullptr) {
    wake_.wait(lock, [&] { return !messages_.empty() || abandoned_; });
  } else if (timed_commits_ && !abandoned_) {
    wake_.wait_until(lock, next_commit_, something);
  } else {
    wake_.wait(lock, something);
  }
  sleeping_ = false;
  return std::exchange(messages_, {});
}

void Writer::handle(Message& message) {
  try {
    if (auto* const item = std::get_if<StreamItem>(&message)) {
      take_in_order(std::move(*item));
    } else {
      std::get<Task>(message)();
    }
  } catch (const std::exception& error) {
    abandon(as_error(kWho, error));
  }
}

void Writer::post(StreamItem item) {
  if (const auto bytes = bytes_held(item); bytes != 0) {
    const std::lock_guard lock(mutex_);
    stored_bytes_waiting_ += bytes;
  }
  send(std::move(item));
}

void Writer::wait_for_room() {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [&] { return abandoned_ || stored_bytes_waiting_ <= parts_.buffers.budget_bytes() / 4; });
}

void Writer::finishing(std::shared_ptr<EpisodeCore> episode, std::uint64_t raw_bytes) {
  send(Task([this, episode = std::move(episode), raw_bytes] {
    if (!episode->discards()) guard(*episode, [&] { sink(*episode).finishing(raw_bytes); });
  }));
}

void Writer::all_rows_taken(std::shared_ptr<EpisodeCore> episode, std::size_t streams) {
  send(Task([this, episode = std::move(episode), streams] {
    episode->writer.streams_to_end = streams;
    end_episode_if_complete(episode);
  }));
}

void Writer::harvested(std::shared_ptr<Epoch> epoch, std::size_t marks, std::uint64_t finish_ticket) {
  send(Task([epoch = std::move(epoch), marks, finish_ticket] {
    epoch->marks_expected = marks;
    epoch->finish_ticket = finish_ticket;
  }));
}

void Writer::call(const std::function<void()>& task) {
  bool done = false;
  std::exception_ptr error;
  send(Task([&] {
    try {
      task();
    } catch (...) {
      error = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    done = true;
    called_.notify_all();
  }));
  std::unique_lock lock(mutex_);
  called_.wait(lock, [&] { return done; });
  if (error) std::rethrow_exception(error);
}

void Writer::end_timed_commits() {
  const std::lock_guard lock(mutex_);
  timed_commits_ = false;
}

void Writer::abandon(const Error& error) noexcept {
  {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
    if (!first_failure_) first_failure_ = error;
  }
  parts_.abandoned = true;
  wake_.notify_all();
  committed_.notify_all();
  room_.notify_all();
}

void Writer::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (!thread_.joinable()) return;
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

// ---- commits

void Writer::flush() {
  std::unique_lock lock(mutex_);
  const std::uint64_t ticket = ++flush_requested_;
  wake_.notify_one();
  committed_.wait(lock, [&] { return flush_done_ >= ticket || abandoned_; });
  if (first_failure_) throw *first_failure_;
}

CommitStats Writer::commit_stats() const {
  const std::lock_guard lock(mutex_);
  return commit_stats_;
}

void Writer::begin_commit_if_due() {
  if (epoch_ != nullptr) return;
  auto epoch = std::make_shared<Epoch>();
  {
    const std::lock_guard lock(mutex_);
    epoch->everything = flush_requested_ > flush_done_;
    if (!epoch->everything && (!timed_commits_ || Clock::now() < next_commit_)) return;
    epoch->flush_ticket = flush_requested_;
  }
  epoch->number = next_epoch_++;
  epoch->started = Clock::now();
  next_commit_ = epoch->started + parts_.commit_interval;
  // Now: the commit itself is about to take rows out of it.
  backend_.tell({parts_.blocks.bytes(), parts_.blocks.used_bytes(), parts_.blocks.peak_bytes()});
  epoch_ = epoch;
  hooks_.harvest(std::move(epoch));
}

void Writer::end_commit_if_complete() {
  if (epoch_ == nullptr || epoch_->marks != epoch_->marks_expected || !all_finished(epoch_->finish_ticket)) return;
  const auto epoch = std::exchange(epoch_, nullptr);
  const ProfiledScope scope(parts_.profile.get(), "commit");
  const auto began = Clock::now();
  commit_episodes(*epoch);
  commit_run(*epoch);
  look_at_disk();
  epoch->work = Clock::now() - began;
  after_commit(*epoch);
}

void Writer::commit_episodes(Epoch& epoch) {
  for (auto& [episode, shares] : epoch.shares) {
    std::vector<CommittedRows> rows;
    for (const auto& share : shares)
      rows.push_back({share.stream->id, share.mark.rows, share.mark.hash, !share.stream->unsorted.load()});
    // An episode that has finished meanwhile is committed as a whole.
    if (episode->writer.sink != nullptr) guard(*episode, [&, &of = episode] { of->writer.sink->commit(rows); });
  }
}

void Writer::commit_run(const Epoch& epoch) {
  if (backend_failed_) return;
  try {
    const CommitResult result = backend_.commit();
    for (const auto& error : result.put_off) parts_.reporter.notice(error);
    if (result.why_lost) fail_lost(epoch, result);
  } catch (const std::exception& error) {
    fail_everything(as_error(kWho, error));
  }
}

void Writer::fail_lost(const Epoch& epoch, const CommitResult& result) {
  const auto fail = [&](EpisodeCore& episode) {
    const bool lost = std::find(result.lost.begin(), result.lost.end(), episode.info.number) != result.lost.end();
    if (lost && !episode.failed()) episode.fail(*result.why_lost);
  };
  for (const auto& episode : finished_) fail(*episode);
  for (const auto& [episode, shares] : epoch.shares) fail(*episode);
  keep_failure(*result.why_lost);
  parts_.reporter.failure(*result.why_lost);
}

void Writer::look_at_disk() {
  forecast_.look(stored_bytes_, backend_.free_bytes(), Clock::now());
  if (const auto warning = forecast_.warning({parts_.experiment, {}, {}, {}, backend_.path().string()}))
    parts_.reporter.notice(*warning);
}

void Writer::after_commit(Epoch& epoch) {
  for (auto& [episode, shares] : epoch.shares) {
    if (episode->failed()) continue;
    for (const auto& share : shares) {
      share.stream->rows_committed.store(share.mark.rows, std::memory_order_relaxed);
      share.stream->committed_timestep.store(share.mark.last_timestep, std::memory_order_release);
    }
  }
  for (const auto& episode : std::exchange(finished_, {})) hooks_.episode_done(episode);
  {
    const std::lock_guard lock(mutex_);
    const auto took = Clock::now() - epoch.started;
    commit_stats_.last = took;
    commit_stats_.longest = std::max(commit_stats_.longest, commit_stats_.last);
    commit_stats_.work += epoch.work;
    commit_stats_.disk_bytes_per_second = forecast_.bytes_per_second();
    commit_stats_.disk_free_bytes = forecast_.free_bytes();
    ++commit_stats_.commits;
    flush_done_ = std::max(flush_done_, epoch.flush_ticket);
  }
  committed_.notify_all();
}

// ---- items

void Writer::take_in_order(StreamItem item) {
  const auto stream = item.stream;  // the item's own reference goes with it
  auto& side = stream->writer;
  if (item.order != side.next_order) {
    side.early.emplace(item.order, std::move(item));
    return;
  }
  apply(item);
  for (auto next = side.early.find(++side.next_order); next != side.early.end();
       next = side.early.find(++side.next_order)) {
    apply(next->second);
    side.early.erase(next);
  }
}

void Writer::apply(StreamItem& item) {
  StreamState& stream = *item.stream;
  const auto episode = stream.episode;
  if (!episode->discards()) guard(*episode, [&] { apply_to_sink(stream, item); });
  if (const auto bytes = bytes_held(item); bytes != 0) {
    item.what = EndItem{};
    const std::lock_guard lock(mutex_);
    stored_bytes_waiting_ -= bytes;
    room_.notify_all();
  } else if (auto* const mark = std::get_if<MarkItem>(&item.what)) {
    const auto epoch = std::exchange(mark->epoch, nullptr);  // which holds the mark from now on
    ++epoch->marks;
    epoch->shares[episode].push_back({item.stream, *mark});
  } else if (const auto* const end = std::get_if<EndItem>(&item.what)) {
    EpisodeEnd& all = episode->writer.end;
    if (end->rows != 0) {
      const bool had_none = all.last_timestep < all.first_timestep;
      all.first_timestep = had_none ? end->first_timestep : std::min(all.first_timestep, end->first_timestep);
      all.last_timestep = had_none ? end->last_timestep : std::max(all.last_timestep, end->last_timestep);
      all.sum_of_rewards += end->sum_of_values;
    }
    if (stream.unsorted.load()) all.unsorted.push_back(stream.id);
    if (auto late = stream.late_attributes(); !late.empty()) all.of_streams[stream.id] = std::move(late);
    ++episode->writer.ended_streams;
    end_episode_if_complete(episode);
  }
}

void Writer::apply_to_sink(StreamState& stream, StreamItem& item) {
  EpisodeSink& to = sink(*stream.episode);
  std::visit(Overloaded{
                 [&](const DeclareItem& it) { to.declare_stream(stream.id, stream.spec, it.layout); },
                 [&](const ChunkItem& it) {
                   const ProfiledScope scope(parts_.profile.get(), "write", stream.spec.path, it.encoded.bytes);
                   to.write_chunk(it.place, {it.stored->data(), it.encoded.bytes}, it.encoded.filter_mask);
                   stream.bytes_stored.fetch_add(it.encoded.bytes, std::memory_order_relaxed);
                   stored_bytes_ += it.encoded.bytes;
                 },
                 [&](const OpenRowsItem& it) {
                   to.write_open_rows(it.place, {it.raw, it.bytes});
                 },
                 [&](const IndexItem& it) { to.index_chunk(stream.id, it.first_timestep, it.last_timestep, it.rows); },
                 [&](const Gap& it) { to.add_gap(it); },
                 [](const MarkItem&) {},
                 [&](const EndItem& it) { to.end_rows(stream.id, it.rows); },
             },
             item.what);
}

void Writer::end_episode_if_complete(const std::shared_ptr<EpisodeCore>& episode) {
  auto& side = episode->writer;
  if (side.streams_to_end != side.ended_streams) return;
  side.end.status = episode->status();
  side.end.ended = episode->info.clock.now();
  side.end.attributes = episode->later_attributes();
  guard(*episode, [&] {
    if (!episode->discards()) {
      sink(*episode).finish(side.end);
    } else if (side.sink != nullptr) {
      side.sink->discard();
    }
  });
  side.sink.reset();
  finished_.push_back(episode);
  note_finished(side.finish_ticket);
  parts_.finishing_episodes.fetch_sub(1);
  parts_.blocks.wake_waiters();
}

void Writer::note_finished(std::uint64_t ticket) {
  finished_early_.insert(ticket);
  while (finished_early_.erase(finished_up_to_ + 1) != 0) ++finished_up_to_;
}

EpisodeSink& Writer::sink(EpisodeCore& episode) {
  if (episode.writer.sink == nullptr) episode.writer.sink = backend_.start_episode(episode.info);
  return *episode.writer.sink;
}

// ---- failures

void Writer::guard(EpisodeCore& episode, const std::function<void()>& action) {
  if (backend_failed_ && !episode.failed()) episode.fail(*first_failure_);
  if (episode.failed()) return;
  try {
    action();
  } catch (const std::exception& error) {
    const Error kept = as_error(kWho, error);
    episode.fail(kept);
    keep_failure(kept);
    parts_.reporter.failure(kept);
  }
}

void Writer::keep_failure(const Error& error) noexcept {
  const std::lock_guard lock(mutex_);
  if (!first_failure_) first_failure_ = error;
}

void Writer::fail_everything(const Error& error) noexcept {
  if (std::exchange(backend_failed_, true)) return;
  keep_failure(error);
  parts_.reporter.failure(error);
  hooks_.everything_failed(error);
}

}  // namespace neurotape
