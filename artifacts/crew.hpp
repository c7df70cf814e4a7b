#pragma once
/// \file
/// Who writes artifacts: the workers of an experiment, or threads of their own.

#include <cstddef>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "neurotape/attention_maps.hpp"
#include "recorder/buffer_pool.hpp"

namespace neurotape::artifacts {

/// Thread safety: any thread.
class Crew {
 public:
  virtual ~Crew() = default;

  /// \throws Error closed: the experiment is, or this is a forked child; invalid_argument: called from on_error
  virtual void require_usable(const char* call) const = 0;
  /// Has a task done by one of the threads, soon. It throws nothing.
  virtual void start(std::function<void()> task) = 0;
  /// What is taken from it counts among the bytes that wait to be written.
  virtual BufferPool& memory() noexcept = 0;
  virtual Durability durability() const noexcept = 0;
  /// Something that nobody can throw: an experiment keeps it for `close`.
  virtual void report(const Error& error) noexcept = 0;
  /// Something that is told, and is no failure.
  virtual void notice(const Error& error) noexcept = 0;

  bool durable() const noexcept { return durability() == Durability::power; }
  /// Has `work(i)` done for each i below `count`, and waits for all. In work of this crew, it is done at
  /// once. \returns what each threw
  std::vector<std::exception_ptr> for_each(std::size_t count, const std::function<void(std::size_t)>& work);
  /// The same for one piece of work. Throws what it throws.
  void run(const std::function<void()>& work);
  /// For destructors: does the last work at a path, and reports what it throws. Where it may not be done it is left: closing the
  /// experiment has done it, and a forked child, and a handler that must not wait, leave it to the next writer.
  void at_the_end(const std::filesystem::path& path, const std::function<void()>& work) noexcept;
};

/// With `how.n_workers` threads.
std::shared_ptr<Crew> crew_of_threads(const StandAlone& how);
/// The thread that asks does the work.
std::shared_ptr<Crew> crew_of_caller(const StandAlone& how);

}  // namespace neurotape::artifacts
