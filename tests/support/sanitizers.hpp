#pragma once
/// \file
/// What does not hold, or is not ours, in a program that a sanitizer watches.

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

namespace neurotape::support {

/// Memory that a sanitizer keeps back counts as the program's.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

/// How the report of a reader that died begins: a sanitizer may take longer over a crash than a reader is given.
inline constexpr const char* kReaderDied =
    kSanitized ? "a process that tried to read it " : "a process that tried to read it ended with ";

/// What this thread allocates while one lives is no leak: HDF5 1.10.8 leaks the header of an object that it cannot read.
#if defined(__SANITIZE_ADDRESS__)
using LeaksOfHdf5 = __lsan::ScopedDisabler;
#else
struct LeaksOfHdf5 {};
#endif

}  // namespace neurotape::support
