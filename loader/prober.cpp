#include "loader/prober.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include "loader/hdf5_call.hpp"

namespace neurotape::loader {

void Prober::start_if_needed() {
  if (process_ != nullptr && process_->is_ours()) return;
  process_ = std::make_unique<ProbeProcess>(command_);
  seen_.clear();
}

std::string Prober::ask(int descriptor, const std::string& path, const std::string& object) {
  start_if_needed();
  seen_.insert(path);
  // What a file did to the process may show only when it opens the next: that one deserves a process of its own.
  const bool alone = seen_.size() == 1;
  std::string end = process_->ask(descriptor, path, object);
  if (end.empty()) return end;
  process_.reset();
  return alone ? end : ask(descriptor, path, object);
}

void Prober::probe(int descriptor, const std::filesystem::path& path, const std::string& object) {
  const std::lock_guard lock(mutex_);
  struct stat status = {};
  if (fstat(descriptor, &status) != 0) return;  // reading it tells
  const auto in_ns = [](const timespec& time) { return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec; };
  const Version version{status.st_size, in_ns(status.st_mtim), in_ns(status.st_ctim)};
  const Subject subject{status.st_dev, status.st_ino, object};
  auto known = verdicts_.find(subject);
  if (known == verdicts_.end() || !(known->second.version == version)) {
    Verdict verdict{version, ask(descriptor, std::filesystem::absolute(path).string(), object), path.string()};
    known = verdicts_.insert_or_assign(subject, std::move(verdict)).first;
  }
  if (!known->second.end.empty()) damaged(known->second.end, {.file = path.string()});
}

std::vector<Error> Prober::refused() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::string> ends;
  for (const auto& [subject, verdict] : verdicts_)
    if (!verdict.end.empty()) ends.emplace(verdict.path, verdict.end);
  std::vector<Error> errors;
  errors.reserve(ends.size());
  for (const auto& [path, end] : ends) errors.emplace_back(ErrorCode::damaged, end, context_of({.file = path}));
  return errors;
}

}  // namespace neurotape::loader
