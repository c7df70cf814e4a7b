#pragma once
/// \file
/// Operations that are written down as they are done, with their bytes, so that a power cut can be replayed.

#include <cstdio>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>

#include "backends/io/operations.hpp"
#include "tests/fault/victim/faults.hpp"

namespace neurotape::fault {

/// Any thread. A line of JSON for each operation; those with "bytes" are followed by so many bytes and a newline.
class OperationLog final : public io::Operations {
 public:
  /// \param faults of syncs: those fail that it says
  OperationLog(const std::string& path, Faults& faults) : faults_(faults), log_(std::fopen(path.c_str(), "wb")) {}
  OperationLog(const OperationLog&) = delete;
  OperationLog& operator=(const OperationLog&) = delete;
  ~OperationLog() override { std::fclose(log_); }

  void note(const nlohmann::json& line);

  int open(const char* path, int flags, mode_t mode) override;
  int close(int file) override;
  ssize_t pwrite(int file, const void* bytes, std::size_t count, off_t offset) override;
  int ftruncate(int file, off_t length) override;
  int fallocate(int file, off_t offset, off_t length) override;
  int fdatasync(int file) override;
  int fsync(int file) override;
  int mkdir(const char* path, mode_t mode) override;
  int rename(const char* from, const char* to) override;
  int unlink(const char* path) override;

 private:
  nlohmann::json named(const char* operation, int file) const;
  int sync(const char* call, int file);
  void write(const nlohmann::json& line, const void* bytes = nullptr, std::size_t count = 0);

  std::mutex mutex_;
  Faults& faults_;
  std::FILE* log_;
  std::map<int, std::string> names_;  // of descriptors, as they were opened
};

}  // namespace neurotape::fault
