#pragma once
/// \file
/// All that threads of the recorder share time through. A test puts its own in the place of the standard library's, to
/// run them one at a time in an order that a seed decides: `NEUROTAPE_SYNC_HEADER` names a header with the same names.

#ifdef NEUROTAPE_SYNC_HEADER
#include NEUROTAPE_SYNC_HEADER
#else

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace neurotape::sync {

template <class T>
using Atomic = std::atomic<T>;
template <class T>
using AtomicRef = std::atomic_ref<T>;
using Mutex = std::mutex;
using ConditionVariable = std::condition_variable;
using Thread = std::thread;
using Clock = std::chrono::steady_clock;

}  // namespace neurotape::sync

#endif
