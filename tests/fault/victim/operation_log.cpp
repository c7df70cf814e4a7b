#include "tests/fault/victim/operation_log.hpp"

#include <cerrno>
#include <fcntl.h>

namespace neurotape::fault {

void OperationLog::write(const nlohmann::json& line, const void* bytes, std::size_t count) {
  const std::string text = line.dump() + "\n";
  std::fwrite(text.data(), 1, text.size(), log_);
  if (bytes == nullptr) return;
  std::fwrite(bytes, 1, count, log_);
  std::fputc('\n', log_);
}

void OperationLog::note(const nlohmann::json& line) {
  const std::lock_guard lock(mutex_);
  write({{"op", "told"}, {"line", line}});
}

nlohmann::json OperationLog::named(const char* operation, int file) const {
  const auto found = names_.find(file);
  return {{"op", operation}, {"path", found == names_.end() ? "" : found->second}};
}

int OperationLog::open(const char* path, int flags, mode_t mode) {
  const std::lock_guard lock(mutex_);
  const int file = Operations::open(path, flags, mode);
  if (file < 0) return file;
  names_[file] = path;
  if ((flags & O_CREAT) != 0) write({{"op", "create"}, {"path", path}, {"truncate", (flags & O_TRUNC) != 0}});
  return file;
}

int OperationLog::close(int file) {
  const std::lock_guard lock(mutex_);
  names_.erase(file);
  return Operations::close(file);
}

ssize_t OperationLog::pwrite(int file, const void* bytes, std::size_t count, off_t offset) {
  const std::lock_guard lock(mutex_);
  const auto written = Operations::pwrite(file, bytes, count, offset);
  if (written <= 0) return written;
  auto line = named("pwrite", file);
  line["offset"] = offset;
  line["bytes"] = written;
  write(line, bytes, static_cast<std::size_t>(written));
  return written;
}

int OperationLog::ftruncate(int file, off_t length) {
  const std::lock_guard lock(mutex_);
  auto line = named("ftruncate", file);
  line["length"] = length;
  write(line);
  return Operations::ftruncate(file, length);
}

int OperationLog::fallocate(int file, off_t offset, off_t length) {
  const std::lock_guard lock(mutex_);
  auto line = named("fallocate", file);
  line["length"] = offset + length;
  write(line);
  return Operations::fallocate(file, offset, length);
}

// The log is the truth here: nothing has to reach a disk, and it goes faster.
int OperationLog::sync(const char* call, int file) {
  const std::lock_guard lock(mutex_);
  const bool failed = faults_.fails(call);
  const int error = errno;
  write(named(failed ? "failed_sync" : "sync", file));
  errno = error;
  return failed ? -1 : 0;
}

int OperationLog::fdatasync(int file) { return sync("fdatasync", file); }
int OperationLog::fsync(int file) { return sync("fsync", file); }

int OperationLog::mkdir(const char* path, mode_t mode) {
  const std::lock_guard lock(mutex_);
  write({{"op", "mkdir"}, {"path", path}});
  return Operations::mkdir(path, mode);
}

int OperationLog::rename(const char* from, const char* to) {
  const std::lock_guard lock(mutex_);
  for (auto& [file, name] : names_)
    if (name == from) name = to;
  write({{"op", "rename"}, {"path", from}, {"to", to}});
  return Operations::rename(from, to);
}

int OperationLog::unlink(const char* path) {
  const std::lock_guard lock(mutex_);
  write({{"op", "unlink"}, {"path", path}});
  return Operations::unlink(path);
}

}  // namespace neurotape::fault
