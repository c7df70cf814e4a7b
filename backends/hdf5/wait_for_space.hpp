#pragma once
/// \file
/// What a run does when its disk has no space and it is to wait.

#include <chrono>
#include <filesystem>
#include <string>

#include "backends/driver/driver_file.hpp"
#include "recorder/backend.hpp"

namespace neurotape::hdf5 {

/// Has no patience while nobody listens.
class WaitForSpace final : public driver::Patience {
 public:
  void listen(DiskListener* listener) noexcept { listener_ = listener; }
  bool wait(const std::string& tried, const std::filesystem::path& path, int error_number) override;
  void over() override;

 private:
  DiskListener* listener_ = nullptr;
  std::chrono::milliseconds nap_{0};  // 0: not waiting
};

}  // namespace neurotape::hdf5
