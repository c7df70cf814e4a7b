#pragma once
/// \file
/// How the loader calls HDF5: one thread at a time, nothing printed, every failure an `Error`.

#include <hdf5.h>
#include <mutex>
#include <string>
#include <string_view>

#include "backends/hdf5/handles.hpp"
#include "neurotape/error.hpp"

namespace neurotape::loader {

using hdf5::Handle;

/// Held around every HDF5 call and for the life of every HDF5 handle on the stack. HDF5 has a lock of its own where it
/// was built thread-safe; this one also keeps two calls together that belong together. May nest.
class Hdf5Lock {
 public:
  Hdf5Lock();

 private:
  std::lock_guard<std::recursive_mutex> lock_;
  hdf5::QuietErrors quiet_;
};

/// What an error says of the place it happened at.
struct Place {
  std::string file;
  std::string episode = {};
  std::string stream = {};
};

ErrorContext context_of(const Place& place);

/// HDF5's error stack as one line. Call it before any other HDF5 call.
std::string hdf5_cause();

/// \throws Error io: what was tried, HDF5's cause, the place.
[[noreturn]] void fail(std::string_view tried, const Place& place);
/// \throws Error damaged
[[noreturn]] void damaged(std::string_view what, const Place& place);

/// Passes a result of HDF5 on, or throws.
template <class Result>
Result check(Result result, std::string_view tried, const Place& place) {
  if (result < 0) fail(tried, place);
  return result;
}

}  // namespace neurotape::loader
