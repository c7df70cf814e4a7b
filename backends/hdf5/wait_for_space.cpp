#include "backends/hdf5/wait_for_space.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <system_error>
#include <thread>

#include "backends/hdf5/errors.hpp"

namespace neurotape::hdf5 {
namespace {

constexpr std::chrono::milliseconds kFirstNap{5};
constexpr std::chrono::milliseconds kLongestNap{500};

}  // namespace

bool WaitForSpace::wait(const std::string& tried, const std::filesystem::path& path, int error_number) {
  if (listener_ == nullptr || listener_->gives_up()) return false;
  if (nap_ == nap_.zero()) {
    const auto why = std::generic_category().message(error_number);
    listener_->disk_is_full(
        Error(ErrorCode::io, fmt::format("{}: {}; waiting until there is space", tried, why), in_file(path)));
  }
  nap_ = std::clamp(2 * nap_, kFirstNap, kLongestNap);
  std::this_thread::sleep_for(nap_);
  return true;
}

void WaitForSpace::over() {
  if (nap_ == nap_.zero()) return;
  nap_ = nap_.zero();
  listener_->disk_has_space();
}

}  // namespace neurotape::hdf5
