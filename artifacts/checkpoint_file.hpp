#pragma once
/// \file
/// The file of a checkpoint, and of bytes the one beside it.

#include <memory>
#include <mutex>
#include <optional>

#include "artifacts/crew.hpp"
#include "backends/io/lock_file.hpp"
#include "neurotape/checkpoint.hpp"

namespace neurotape::artifacts {

/// What is known of a state beside the state itself.
struct StateFacts {
  std::int64_t epoch = 0;
  CheckpointMetrics metrics;
  std::uint64_t bytes = 0;  ///< of an opaque state
  std::uint32_t crc32 = 0;
};

/// What `<file>.json` says: the state that is in the file is one of these, the latest first. It is written before the file is,
/// so that there is no moment in which a state has no facts.
struct OpaqueFacts {
  std::string criterion;
  bool lowest = true;
  std::vector<StateFacts> states;
};

std::filesystem::path facts_path(const std::filesystem::path& path);  ///< "best_model.pth.json"
/// \throws Error not_found, damaged, io
OpaqueFacts read_facts(const std::filesystem::path& path);
void write_facts(const std::filesystem::path& path, const OpaqueFacts& facts, bool durable);

}  // namespace neurotape::artifacts

namespace neurotape::detail {

/// Thread safety: any thread.
class CheckpointFile {
 public:
  CheckpointFile(std::filesystem::path path, const CheckpointOptions& options, std::shared_ptr<artifacts::Crew> crew);

  bool save(const std::vector<NamedValue>& model, const std::vector<NamedValue>& optimizer, std::int64_t epoch,
            const CheckpointMetrics& metrics);
  bool save_bytes(std::span<const std::byte> state, std::int64_t epoch, const CheckpointMetrics& metrics);
  const std::filesystem::path& path() const noexcept { return path_; }
  std::optional<std::pair<std::int64_t, double>> best() const;

 private:
  bool save_if_better(std::int64_t epoch, const CheckpointMetrics& metrics, bool opaque,
                      const std::function<void()>& write);
  bool is_better(double value) const;
  void write_arrays(const std::vector<NamedValue>& model, const std::vector<NamedValue>& optimizer, std::int64_t epoch,
                    const CheckpointMetrics& metrics);
  void write_bytes(std::span<const std::byte> state, std::int64_t epoch, const CheckpointMetrics& metrics);

  const std::filesystem::path path_;
  const CheckpointOptions options_;
  const std::shared_ptr<artifacts::Crew> crew_;
  std::unique_ptr<io::LockFile> lock_;

  mutable std::mutex mutex_;
  std::optional<std::pair<std::int64_t, double>> best_;  ///< epoch and value of the criterion
  std::optional<artifacts::StateFacts> facts_;           ///< of the opaque state that is in the file
};

}  // namespace neurotape::detail
