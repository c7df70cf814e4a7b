#pragma once
/// \file
/// Where the recorder's time goes.

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "recorder/sync.hpp"

namespace neurotape {

/// Spans of time of the recorder's threads, and of the program's where they wait for it. The latest are kept.
/// Thread safety: any thread.
class Profile {
 public:
  explicit Profile(std::size_t most_spans = kMostSpans) : most_spans_(most_spans) {}

  /// \param what lives for ever
  void add(const char* what, std::string_view stream, sync::Clock::time_point start, std::uint64_t bytes);
  /// In the trace-event format, which Perfetto and about:tracing open: "Trace Event Format", Google, 2016.
  std::string to_json() const;

 private:
  static constexpr std::size_t kMostSpans = 100'000;

  struct Span {
    const char* what;
    std::uint32_t stream;  ///< in streams_
    int thread;
    std::chrono::nanoseconds start;
    std::chrono::nanoseconds length;
    std::uint64_t bytes;
  };

  const std::size_t most_spans_;
  const sync::Clock::time_point began_ = sync::Clock::now();
  mutable sync::Mutex mutex_;
  std::vector<Span> spans_;  ///< from `most_spans_` on the oldest is replaced
  std::uint64_t added_ = 0;
  std::map<std::string, std::uint32_t, std::less<>> streams_;
  std::map<int, std::string> threads_;  ///< names
};

/// From here to the end of the scope, where a profile is made.
class ProfiledScope {
 public:
  /// \param profile nullptr: none is made
  ProfiledScope(Profile* profile, const char* what, std::string_view stream = {}, std::uint64_t bytes = 0)
      : profile_(profile), what_(what), stream_(stream), bytes_(bytes) {
    if (profile_ != nullptr) start_ = sync::Clock::now();
  }
  ProfiledScope(const ProfiledScope&) = delete;
  ProfiledScope& operator=(const ProfiledScope&) = delete;
  ~ProfiledScope();

 private:
  Profile* const profile_;
  const char* const what_;
  const std::string_view stream_;
  const std::uint64_t bytes_;
  sync::Clock::time_point start_{};
};

}  // namespace neurotape
