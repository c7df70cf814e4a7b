#pragma once
/// \file
/// Threads of the recorder.

#include <functional>
#include <thread>

namespace neurotape {

/// A thread with a name (at most 15 bytes) that takes no signals: they are the program's.
std::thread start_thread(const char* name, std::function<void()> body);

/// Processors that this process may use.
int usable_processors();

}  // namespace neurotape
