#pragma once
/// \file
/// What the system knows of this process.

#include <string_view>

namespace neurotape::bench {

/// Processor time of all threads so far, user and system.
double processor_seconds();
double thread_seconds();  ///< of the calling thread

/// A line of /proc/self/status in bytes: "VmRSS" (resident now), "VmHWM" (its peak).
double status_bytes(std::string_view field);
/// Starts the peak anew. \returns false where the system does not allow it, so that the peak cannot be told.
bool reset_peak_memory();

}  // namespace neurotape::bench
