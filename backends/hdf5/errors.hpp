#pragma once
/// \file
/// From HDF5's and the operating system's errors to `Error`.

#include <filesystem>
#include <hdf5.h>
#include <string>
#include <string_view>

#include "backends/hdf5/handles.hpp"
#include "neurotape/error.hpp"

namespace neurotape::hdf5 {

/// As long as it lives, errors of this thread that concern a file name this stream, too. One at a time.
class StreamScope {
 public:
  explicit StreamScope(const std::string& path) noexcept { path_ = &path; }
  ~StreamScope() { path_ = nullptr; }
  StreamScope(const StreamScope&) = delete;
  StreamScope& operator=(const StreamScope&) = delete;
  /// Empty where there is none.
  static std::string path() { return path_ == nullptr ? std::string() : *path_; }

 private:
  static inline thread_local const std::string* path_ = nullptr;
};

/// The context of an error that concerns a file or directory, and a stream where there is a `StreamScope`.
ErrorContext in_file(const std::filesystem::path& path);

/// \throws Error io: what was tried, HDF5's error stack, the path of the file that `object` is in (if it is in one).
[[noreturn]] void fail_hdf5(std::string_view tried, hid_t object);
[[noreturn]] void fail_hdf5(std::string_view tried, const std::filesystem::path& path);
/// \throws Error io: what was tried, the text of `error_number`, the path.
[[noreturn]] void fail_system(std::string_view tried, const std::filesystem::path& path, int error_number);

/// Runs one HDF5 call. A negative result becomes an `Error`; nothing is printed.
template <class Where, class Call>
auto checked(std::string_view tried, const Where& where, Call&& call) {
  const QuietErrors quiet;
  const auto result = call();
  if (result < 0) fail_hdf5(tried, where);
  return result;
}

}  // namespace neurotape::hdf5
