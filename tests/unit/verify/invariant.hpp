#pragma once
/// \file
/// Sound runs in which one thing is changed, and how that is told.

#include <ostream>

#include "fixture.hpp"

namespace neurotape::verification {

inline constexpr const char* kOwn = "episodes/episode_0000.h5";
inline constexpr const char* kSegment = "episodes/segment_0002.h5";
inline constexpr const char* kVoltage = "neural_states/voltage";

/// One thing that is not as it should be, and how it is told.
struct Case {
  const char* name;
  std::vector<std::vector<std::string>> damage;  ///< calls of damage.py, one after the other
  std::vector<std::string> words;                ///< of one fault
};

inline std::ostream& operator<<(std::ostream& out, const Case& one) { return out << one.name; }

inline std::string name_of(const testing::TestParamInfo<Case>& one) { return one.param.name; }

class Invariant : public VerifyTest, public testing::WithParamInterface<Case> {
 protected:
  void SetUp() override {
    if (!support::have_python()) GTEST_SKIP() << "no python3 with h5py to damage files";
  }
  void expect_told(const fs::path& run) const {
    expect_sound(verify(run));
    for (const auto& call : GetParam().damage) damage(run, call[0], {call.begin() + 1, call.end()});
    if (!HasFatalFailure()) expect_fault(verify(run), GetParam().words);
  }
};

inline std::string at(const char* column, const char* stream = kVoltage) { return std::string(stream) + "/" + column; }

}  // namespace neurotape::verification
