#include "recorder/recorder.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "recorder/failures.hpp"
#include "recorder/memory_limit.hpp"
#include "recorder/names.hpp"
#include "recorder/threads.hpp"

namespace neurotape::detail {
namespace {

constexpr std::size_t kLeastCapBytes = 16'000'000;
constexpr std::chrono::hours kLongestCommitInterval(365 * 24);

// Of the cap, what is not the ring: chunks being put together, and their encoded form.
std::size_t buffer_bytes(std::size_t cap) { return std::clamp<std::size_t>(cap / 8, 6U << 20, 128U << 20); }

WorkerPool::Crew crew_of(const ExperimentOptions& options) {
  if (options.n_workers > 0) return {.workers = options.n_workers, .extra = false};
  const int processors = usable_processors();
  return {.workers = std::max(1, processors - 1), .extra = processors > 1};
}

void add(StreamStats& sum, const StreamStats& one) {
  sum.rows_offered += one.rows_offered;
  sum.rows_recorded += one.rows_recorded;
  sum.rows_dropped += one.rows_dropped;
  sum.rows_rejected += one.rows_rejected;
  sum.rows_committed += one.rows_committed;
  sum.late_rows += one.late_rows;
  sum.nan_values += one.nan_values;
  sum.bytes_in += one.bytes_in;
  sum.bytes_stored += one.bytes_stored;
  sum.waits += one.waits;
  sum.waited += one.waited;
}

void add_rejected(StreamStats& sum, std::uint64_t rows) {
  sum.rows_offered += rows;
  sum.rows_dropped += rows;
  sum.rows_rejected += rows;
}

std::string episode_id(std::uint64_t number) { return fmt::format("episode_{:04}", number); }

std::shared_ptr<RecorderParts> make_parts(const Backend& backend, std::string experiment,
                                          const ExperimentOptions& options) {
  out_of_memory();
  const std::size_t buffers = buffer_bytes(options.memory_cap);
  auto parts = std::make_shared<RecorderParts>(options.memory_cap - buffers, buffers, options.on_error);
  parts->codecs = &backend.codecs();
  parts->commit_interval = options.commit_interval;
  parts->experiment = std::move(experiment);
  if (options.profile) parts->profile = std::make_unique<Profile>();
  return parts;
}

}  // namespace

void Recorder::require_usable(const ExperimentOptions& options, const ErrorContext& where) {
  const auto refuse = [&](ErrorCode code, const std::string& why) { throw Error(code, why, where); };
  if (options.memory_cap < kLeastCapBytes)
    refuse(ErrorCode::memory_cap,
           fmt::format("memory_cap: expected at least {} bytes, got {}", kLeastCapBytes, options.memory_cap));
  if (options.n_workers < 0 || options.n_workers > 256)
    refuse(ErrorCode::invalid_argument, fmt::format("n_workers: expected 0 to 256, got {}", options.n_workers));
  if (options.commit_interval < std::chrono::milliseconds(1) || options.commit_interval > kLongestCommitInterval)
    refuse(ErrorCode::invalid_argument,
           fmt::format("commit_interval: expected 1 ms to 1 year, got {} ns", options.commit_interval.count()));
  if (options.neural_sampling_rate < 1)
    refuse(ErrorCode::invalid_argument,
           fmt::format("neural_sampling_rate: expected at least 1, got {}", options.neural_sampling_rate));
  if (!(options.dt >= 0))
    refuse(ErrorCode::invalid_argument, fmt::format("dt: expected 0 or more, got {}", options.dt));
  require_text("dt_unit", options.dt_unit, where);
}

Recorder::Recorder(std::unique_ptr<Backend> backend, std::string experiment, const ExperimentOptions& options)
    : options_(options),
      backend_(std::move(backend)),
      parts_(make_parts(*backend_, std::move(experiment), options)),
      path_(backend_->path()),
      next_number_(backend_->next_episode_number()),
      workers_(crew_of(options), *parts_,
               {[this] { return relieve(); }, [this](const Error& error) { writer_.abandon(error); }}),
      writer_(*backend_, *parts_,
              {[this](const std::shared_ptr<Epoch>& epoch) { harvest(epoch); },
               [this](const std::shared_ptr<EpisodeCore>& episode) { episode_done(episode); },
               [this](const Error& error) { fail_all(error); }}) {
  parts_->wake_workers = [this] { workers_.wake(); };
  workers_.write_to(writer_);
  backend_->listen(this);
  for (const auto& limit : backend_->limits()) parts_->reporter.notice(limit);
  if (const auto limit = memory_limit_bytes(); limit && *limit < options.memory_cap)
    parts_->reporter.notice(Error(
        ErrorCode::memory_cap,
        fmt::format("memory_cap is {} bytes, but the control group of this process allows {} in all; the system may "
                    "end the program before the ring is full",
                    options.memory_cap, *limit),
        context()));
  enter();
}

Recorder::~Recorder() {
  leave();
  workers_.stop();
  writer_.stop();
  parts_->wake_workers = [] {};
  // What refers to the streams that refer to it: notices nobody took, episodes that nothing could complete.
  while (parts_->ready.pop() != nullptr) {
  }
  for (const auto& [number, episode] : episodes_) episode->forget_streams();
}

ErrorContext Recorder::context() const { return {parts_->experiment, {}, {}, {}, path_.string()}; }

void Recorder::require_open() const {
  parts_->require_own_process();
  const std::lock_guard lock(mutex_);
  if (closed_) throw Error(ErrorCode::closed, "the experiment is closed", context());
}

void Recorder::save_config(const nlohmann::json& config) {
  Reporter::refuse_in_handler("save_config()");
  require_open();
  if (!config.is_object())
    throw Error(ErrorCode::invalid_argument, fmt::format("config: expected a JSON object, got {}", config.type_name()),
                context());
  writer_.call([&] { backend_->save_config(config); });
}

void Recorder::save_network(std::string_view table, const std::vector<NamedArray>& columns) {
  Reporter::refuse_in_handler("save_neurons() or save_connections()");
  require_open();
  for (const auto& column : columns) {
    require_name("column", column.name, context());
    if (column.values.size() != columns.front().values.size())
      throw Error(ErrorCode::wrong_shape,
                  fmt::format("{}: expected {} values in the column '{}', as many as in '{}', got {}", table,
                              columns.front().values.size(), column.name, columns.front().name, column.values.size()),
                  context());
  }
  writer_.call([&] { backend_->save_network(table, columns); });
}

std::shared_ptr<EpisodeCore> Recorder::start_episode(const EpisodeOptions& options) {
  require_open();
  if (!options.attributes.is_object())
    throw Error(ErrorCode::invalid_argument,
                fmt::format("attributes: expected a JSON object, got {}", options.attributes.type_name()), context());
  for (const auto& [name, value] : options.attributes.items()) require_attribute_name(name, context());
  EpisodeInfo info;
  info.name = options.name;
  info.seed = options.seed;
  info.dt = options.dt.value_or(options_.dt);
  info.dt_unit = options.dt_unit.value_or(options_.dt_unit);
  info.attributes = options.attributes;
  if (!(info.dt >= 0))
    throw Error(ErrorCode::invalid_argument, fmt::format("dt: expected 0 or more, got {}", info.dt), context());
  require_text("dt_unit", info.dt_unit, context());
  require_text("the name of an episode", info.name, context());
  const std::lock_guard lock(mutex_);
  if (parts_->abandoned) throw parts_->reporter.first_failure().value_or(out_of_memory());
  info.number = next_number_++;
  info.clock = WallClock(clock_.now());
  info.id = episode_id(info.number);
  auto episode = std::make_shared<EpisodeCore>(std::move(info), parts_, options_);
  episodes_.emplace(episode->info.number, episode);
  return episode;
}

void Recorder::finish(const std::shared_ptr<EpisodeCore>& episode, const std::string& status, bool discard) {
  if (!episode->seal(status, discard, [this] { return writer_.next_finish_ticket(); })) return;
  parts_->finishing_episodes.fetch_add(1);
  try {
    workers_.run_soon([this, episode] { take_last_rows(episode); });
  } catch (const std::exception& error) {
    writer_.abandon(as_error("finishing an episode", error));
    throw;
  }
}

void Recorder::take_last_rows(const std::shared_ptr<EpisodeCore>& episode) {
  const auto streams = episode->streams();
  writer_.finishing(episode, episode->raw_bytes());
  for (const auto& stream : streams) stream->finish(workers_);
  writer_.all_rows_taken(episode, streams.size());
}

void Recorder::harvest(const std::shared_ptr<Epoch>& epoch) {
  workers_.run_soon([this, epoch] {
    std::size_t marks = 0;
    for (const auto& episode : episodes()) {
      if (episode->sealed()) continue;
      for (const auto& stream : episode->streams())
        if (stream->mark(workers_, epoch, epoch->everything ? Take::everything : Take::interval)) ++marks;
    }
    // What was sealed meanwhile gave no marks: it belongs to this commit as an episode that is finished.
    writer_.harvested(epoch, marks, writer_.last_finish_ticket());
  });
}

// Lanes wait for space: rows that wait for lanes that lag behind are taken now.
bool Recorder::relieve() {
  bool took = false;
  for (const auto& episode : episodes())
    for (const auto& stream : episode->streams()) took = stream->consume(workers_, Take::full_blocks) || took;
  return took;
}

void Recorder::episode_done(const std::shared_ptr<EpisodeCore>& episode) {
  const std::lock_guard lock(mutex_);  // for all of it: the totals of stats() count each episode once
  for (const auto& stream : episode->streams()) {
    StreamStats stats = stream->stats();
    if (!episode->failed() && !episode->discards()) {
      stream->rows_committed.store(stream->rows_taken(), std::memory_order_relaxed);
      stream->committed_timestep.store(stream->last_timestep(), std::memory_order_release);
      if (stream->spec.has_timesteps) stats.rows_committed = stream->rows_taken();
    }
    add(finished_, stats);
    losses_.add(stats, stream->gaps.lost(), episode->discards());
  }
  episode->forget_streams();
  episodes_.erase(episode->info.number);
}

void Recorder::fail_all(const Error& error) noexcept {
  const std::lock_guard lock(mutex_);
  for (const auto& [number, episode] : episodes_) episode->fail(error);
}

std::vector<std::shared_ptr<EpisodeCore>> Recorder::episodes() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<EpisodeCore>> all;
  all.reserve(episodes_.size());
  for (const auto& [number, episode] : episodes_) all.push_back(episode);
  return all;
}

void Recorder::flush() {
  Reporter::refuse_in_handler("flush()");
  const ProfiledScope scope(parts_->profile.get(), "flush");
  require_open();
  const WaitsForWorkers waits(*parts_);
  writer_.flush();
}

Stats Recorder::stats() const {
  Stats stats;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [number, episode] : episodes_) {
      for (auto& stream : episode->stats()) {
        add(stats.total, stream);
        stats.streams.push_back(std::move(stream));
      }
    }
    add(stats.total, finished_);
  }
  add_rejected(stats.total, parts_->rows_without_stream);
  stats.ring_bytes = parts_->blocks.bytes();
  stats.ring_used_bytes = parts_->blocks.used_bytes();
  stats.ring_peak_bytes = parts_->blocks.peak_bytes();
  const CommitStats commits = writer_.commit_stats();
  stats.commits = commits.commits;
  stats.last_commit_time = commits.last;
  stats.longest_commit_time = commits.longest;
  stats.commit_work = commits.work;
  stats.disk_bytes_per_second = commits.disk_bytes_per_second;
  stats.disk_free_bytes = commits.disk_free_bytes;
  if (const auto error = parts_->reporter.first_failure()) stats.last_error = error->what();
  return stats;
}

Stats Recorder::stats_of(const EpisodeCore& episode) {
  Stats stats;
  stats.streams = episode.stats();
  for (const auto& stream : stats.streams) add(stats.total, stream);
  add_rejected(stats.total, episode.rows_without_stream);
  if (const auto error = episode.first_error()) stats.last_error = error->what();
  return stats;
}

void Recorder::before_close(std::weak_ptr<void> of, std::function<void()> step) {
  const std::lock_guard lock(mutex_);
  std::erase_if(before_close_, [](const auto& each) { return each.first.expired(); });
  before_close_.emplace_back(std::move(of), std::move(step));
}

void Recorder::finish_beside() {
  decltype(before_close_) steps;
  {
    const std::lock_guard lock(mutex_);
    steps.swap(before_close_);
  }
  for (const auto& [of, step] : steps) {
    try {
      if (const auto still_there = of.lock()) step();
    } catch (const std::exception& error) {
      parts_->reporter.failure(as_error("closing the run", error));
    }
  }
}

void Recorder::close() {
  Reporter::refuse_in_handler("close()");
  parts_->require_own_process();
  finish_beside();
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    closed_ = true;
  }
  closing_ = true;
  const auto attempt = [this](const auto& step) {
    try {
      step();
    } catch (const std::exception& error) {
      parts_->reporter.failure(as_error("closing the run", error));
    }
  };
  attempt([this] { finish_all(); });
  writer_.end_timed_commits();
  try {
    const WaitsForWorkers waits(*parts_);
    writer_.flush();
  } catch (const Error&) {  // the reporter has it
  }
  workers_.stop();
  if (const Profile* const profile = parts_->profile.get())
    attempt([this, profile] { writer_.call([this, profile] { backend_->save_profile(profile->to_json()); }); });
  attempt([this] { writer_.call([this] { backend_->close(); }); });
  writer_.stop();
  attempt([this] { report_drops(); });
  if (const auto error = parts_->reporter.first_failure()) throw *error;
}

void Recorder::close_at_exit() noexcept {
  try {
    close();
  } catch (const std::exception&) {  // on_error has been told
    return;
  }
}

void Recorder::finish_all() {
  for (const auto& episode : episodes()) {
    episode->tell_incomplete_columns();
    finish(episode, "complete", false);
  }
}

void Recorder::disk_is_full(const Error& error) {
  parts_->reporter.notice(error);
  if (options_.on_disk_error != OnDiskError::drop) return;
  parts_->drops_for_disk = true;
  parts_->blocks.wake_waiters();
}

void Recorder::disk_has_space() { parts_->drops_for_disk = false; }

// With `drop`, close() does not wait either.
bool Recorder::gives_up() const { return options_.on_disk_error == OnDiskError::drop && closing_; }

void Recorder::report_drops() {
  const StreamStats total = stats().total;
  const auto failure = parts_->reporter.first_failure();
  std::optional<Error> lost;
  {
    const std::lock_guard lock(mutex_);
    lost = losses_.summary(total, failure, context());
  }
  if (lost) parts_->reporter.notice(*lost);
}

}  // namespace neurotape::detail
