// A library that a program loads, and closes while it records.

#include <memory>

#include "tests/life/endings/recording.hpp"

namespace {

std::unique_ptr<neurotape::endings::Recording> recording;

}  // namespace

/// \returns how many rows it has recorded
extern "C" int record_and_leave_open(const char* directory) {
  recording = std::make_unique<neurotape::endings::Recording>(directory);
  recording->record_all();
  return recording->t;
}
