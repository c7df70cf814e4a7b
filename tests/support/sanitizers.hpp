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

/// What this thread allocates while one lives is no leak: HDF5 1.10.8 leaks the header of an object that it cannot read.
#if defined(__SANITIZE_ADDRESS__)
using LeaksOfHdf5 = __lsan::ScopedDisabler;
#else
struct LeaksOfHdf5 {};
#endif

}  // namespace neurotape::support
