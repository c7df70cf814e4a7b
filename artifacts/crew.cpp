#include "artifacts/crew.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <fmt/format.h>
#include <mutex>
#include <thread>
#include <unistd.h>
#include <utility>

#include "recorder/reporter.hpp"
#include "recorder/threads.hpp"

namespace neurotape::artifacts {
namespace {

constexpr std::size_t kKeptBytes = 32U << 20U;
constexpr int kMostWorkers = 256;

/// Whose work this thread is doing. A crew of one thread cannot wait for another.
thread_local const Crew* working_for = nullptr;

class WorkingFor {
 public:
  explicit WorkingFor(const Crew* crew) noexcept : before_(std::exchange(working_for, crew)) {}
  WorkingFor(const WorkingFor&) = delete;
  WorkingFor& operator=(const WorkingFor&) = delete;
  ~WorkingFor() { working_for = before_; }

 private:
  const Crew* before_;
};

/// What crews have in common that belong to no experiment.
class OwnCrew : public Crew {
 public:
  explicit OwnCrew(const StandAlone& how) : durability_(how.durability), reporter_(how.on_error), memory_(kKeptBytes) {}

  void require_usable(const char* call) const override {
    Reporter::refuse_in_handler(call);
    if (!is_ours()) throw Error(ErrorCode::closed, "this process was forked from the one that writes: it cannot");
  }
  BufferPool& memory() noexcept override { return memory_; }
  Durability durability() const noexcept override { return durability_; }
  void report(const Error& error) noexcept override { notice(error); }
  void notice(const Error& error) noexcept override { reporter_.notice(error); }

 protected:
  bool is_ours() const noexcept { return ::getpid() == owner_; }

 private:
  const pid_t owner_ = ::getpid();
  const Durability durability_;
  Reporter reporter_;
  BufferPool memory_;
};

class CallerCrew final : public OwnCrew {
 public:
  using OwnCrew::OwnCrew;
  void start(std::function<void()> task) override {
    const NoSignal no_signal(SIGXFSZ);
    task();
  }
};

class ThreadCrew final : public OwnCrew {
 public:
  explicit ThreadCrew(const StandAlone& how) : OwnCrew(how) {
    const int threads = how.n_workers > 0 ? how.n_workers : std::max(1, usable_processors() - 1);
    try {
      for (int i = 0; i < threads; ++i)
        threads_.push_back(start_thread(fmt::format("neurotape-a{}", i).c_str(), [this] { work(); }));
    } catch (...) {
      stop();
      throw;
    }
  }
  ThreadCrew(const ThreadCrew&) = delete;
  ThreadCrew& operator=(const ThreadCrew&) = delete;
  ~ThreadCrew() override { stop(); }

  void start(std::function<void()> task) override {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    wake_.notify_one();
  }

 private:
  void work() {
    for (;;) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stopping_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      const auto task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
  }
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (auto& thread : threads_) thread.join();
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace

std::vector<std::exception_ptr> Crew::for_each(std::size_t count, const std::function<void(std::size_t)>& work) {
  std::vector<std::exception_ptr> thrown(count);
  std::mutex mutex;
  std::condition_variable all_done;
  std::size_t left = count;
  const auto one = [&](std::size_t i) {
    try {
      const WorkingFor now(this);
      work(i);
    } catch (...) {
      thrown[i] = std::current_exception();
    }
    const std::lock_guard lock(mutex);
    if (--left == 0) all_done.notify_all();
  };
  for (std::size_t i = 0; i < count; ++i) {
    if (working_for == this) {
      one(i);
      continue;
    }
    try {
      start([&one, i] { one(i); });
    } catch (...) {  // it has not been started: nobody else counts it
      thrown[i] = std::current_exception();
      const std::lock_guard lock(mutex);
      --left;
    }
  }
  std::unique_lock lock(mutex);
  all_done.wait(lock, [&] { return left == 0; });
  return thrown;
}

void Crew::at_the_end(const std::filesystem::path& path, const std::function<void()>& work) noexcept {
  try {
    work();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::closed && error.code() != ErrorCode::invalid_argument) report(error);
  } catch (const std::exception& error) {
    report(Error(ErrorCode::io, error.what(), {.path = path.string()}));
  }
}

void Crew::run(const std::function<void()>& work) {
  const auto thrown = for_each(1, [&](std::size_t) { work(); });
  if (thrown.front()) std::rethrow_exception(thrown.front());
}

std::shared_ptr<Crew> crew_of_threads(const StandAlone& how) {
  if (how.n_workers < 0 || how.n_workers > kMostWorkers)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("n_workers: expected 0 to {}, got {}", kMostWorkers, how.n_workers));
  // In a forked child there are no threads to be waited for: nothing is done about it there.
  return {new ThreadCrew(how), [owner = ::getpid()](const Crew* crew) {
            if (::getpid() == owner) delete crew;
          }};
}

std::shared_ptr<Crew> crew_of_caller(const StandAlone& how) { return std::make_shared<CallerCrew>(how); }

}  // namespace neurotape::artifacts
