// Ends in one of the ways in which a program that records can end: endings DIRECTORY WAY. Tells on standard output how many
// rows it has recorded, and how many of them a flush had made safe: "recorded 30 safe 20".

#include <array>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>

#include "tests/life/endings/recording.hpp"

namespace {

using namespace neurotape;

using endings::kSafe;

std::string directory;

void tell(int recorded, int safe) {
  const std::string line = "recorded " + std::to_string(recorded) + " safe " + std::to_string(safe) + "\n";
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) std::_Exit(9);
}

struct Recording : endings::Recording {
  Recording() : endings::Recording(directory) {}
  void record_all() {
    endings::Recording::record_all();
    tell(t, kSafe);
  }
};

std::optional<Recording> global;
thread_local std::optional<Recording> of_thread;

struct RecordsInItsDestructor {
  ~RecordsInItsDestructor() {
    if (!global) return;
    const auto before = global->episode.stats().total.rows_offered;
    global->record(1);
    const auto total = global->episode.stats().total;
    tell(static_cast<int>(total.rows_recorded), kSafe);
    if (total.rows_offered != before + 1) std::_Exit(8);
  }
};

void record_globally() { global.emplace().record_all(); }

void by_local() { Recording().record_all(); }

void by_static() { record_globally(); }

void by_local_static() {
  static Recording recording;
  recording.record_all();
}

void by_static_that_another_one_uses() {
  static const RecordsInItsDestructor last;  // whose end comes when the recorder is closed
  record_globally();
}

void by_later_static_that_uses_it() {
  record_globally();
  static const RecordsInItsDestructor first;
}

void by_thread_local() { of_thread.emplace().record_all(); }

void by_thread_local_of_a_thread() {
  std::thread([] { of_thread.emplace().record_all(); }).join();
}

void by_handler_at_exit() {
  std::atexit([] { global->experiment.close(); });
  record_globally();
}

void by_handler_that_goes_on() {
  std::atexit([] {
    global->record(5);  // refused, and counted
    const auto total = global->episode.stats().total;
    tell(static_cast<int>(total.rows_recorded), kSafe);
    if (total.rows_rejected != 5) std::_Exit(8);
    global->experiment.close();
  });
  record_globally();
}

void by_exit_inside() {
  Recording recording;  // which nothing destroys
  recording.record_all();
  std::exit(0);
}

void by_quick_exit() {
  record_globally();
  std::quick_exit(0);
}

void by_quick_exit_with_handler() {
  std::at_quick_exit([] { global->close(); });
  record_globally();
  std::quick_exit(0);
}

void by_immediate_exit() {
  record_globally();
  std::_Exit(0);
}

void by_exception() {
  Recording recording;
  recording.record_all();
  throw std::runtime_error("out of main");
}

void by_caught_exception() {
  try {
    by_exception();
  } catch (const std::runtime_error&) {
    return;
  }
}

void by_abort() {
  record_globally();
  std::abort();
}

// The thread that records learns nothing of it.
void by_exit_of_another_thread() {
  record_globally();
  auto mine = global->episode.spikes("p");
  std::thread([] { std::exit(0); }).detach();
  for (std::int64_t t = 0;; ++t) mine.record(t, std::array{1U, 2U, 3U});
}

// What records is in a library that leaves before the program does.
void by_closing_its_library() {
  const auto path = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "life_plugin.so";
  void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::runtime_error(::dlerror());
  const auto record = reinterpret_cast<int (*)(const char*)>(::dlsym(library, "record_and_leave_open"));
  tell(record(directory.c_str()), kSafe);
  if (::dlclose(library) != 0) std::_Exit(8);
}

const std::map<std::string, std::function<void()>> kWays{
    {"local", by_local},
    {"static", by_static},
    {"local_static", by_local_static},
    {"static_of_static", by_static_that_another_one_uses},
    {"static_of_later_static", by_later_static_that_uses_it},
    {"thread_local", by_thread_local},
    {"thread_local_of_a_thread", by_thread_local_of_a_thread},
    {"atexit", by_handler_at_exit},
    {"atexit_goes_on", by_handler_that_goes_on},
    {"exit_inside", by_exit_inside},
    {"quick_exit", by_quick_exit},
    {"quick_exit_handler", by_quick_exit_with_handler},
    {"immediate_exit", by_immediate_exit},
    {"exception", by_exception},
    {"caught_exception", by_caught_exception},
    {"abort", by_abort},
    {"dlclose", by_closing_its_library},
    {"exit_of_another_thread", by_exit_of_another_thread},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  directory = argv[1];
  kWays.at(argv[2])();
}
