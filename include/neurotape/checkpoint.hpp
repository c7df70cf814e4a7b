#pragma once
/// \file
/// The one checkpoint of a training: its best state so far.

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "neurotape/attention_maps.hpp"
#include "neurotape/npz.hpp"

namespace neurotape {

namespace detail {
class CheckpointFile;
}

struct CheckpointOptions {
  std::string criterion = "val_loss";  ///< the metric that decides
  bool lowest = true;                  ///< the lowest value of it is the best; false: the highest
  NpzCompression compression = NpzCompression::fast;
};

using CheckpointMetrics = std::map<std::string, double>;

/// One file that holds the best state, replaced as a whole, and only by a better one: either named arrays as NPZ
/// (`model/<name>`, `optimizer/<name>`, `epoch`, `metrics/<name>`, `criterion`), or bytes of another program's
/// (`best_model.pth`), with epoch and metrics in `<file>.json`.
///
/// A state of equal value does not replace the one that is there: the earlier stays. NaN is worse than any number; where
/// there is no checkpoint yet, it is saved all the same. A process that is killed leaves the old or the new one, never none,
/// and never the metrics of another state.
///
/// Threads: any, at once. One object for a file.
class Checkpoint {
 public:
  /// Goes on with a checkpoint that is there: what comes has to be better.
  /// \throws Error damaged, invalid_argument (it was saved by another criterion), io
  explicit Checkpoint(const std::filesystem::path& path, const CheckpointOptions& options = {},
                      const StandAlone& how = {});
  explicit Checkpoint(std::shared_ptr<detail::CheckpointFile> file);
  Checkpoint(Checkpoint&&) noexcept;
  Checkpoint& operator=(Checkpoint&&) noexcept;
  ~Checkpoint();

  /// \returns whether it was better, and is in the file
  /// \throws Error not_found: the metrics lack the criterion; invalid_name, wrong_shape, io: the one that was there stays
  bool save(const std::vector<NamedValue>& model, const std::vector<NamedValue>& optimizer, std::int64_t epoch,
            const CheckpointMetrics& metrics);
  bool save_bytes(std::span<const std::byte> state, std::int64_t epoch, const CheckpointMetrics& metrics);

  const std::filesystem::path& path() const noexcept;
  std::optional<double> best() const;  ///< value of the criterion; nothing: there is no checkpoint
  std::optional<std::int64_t> best_epoch() const;

 private:
  std::shared_ptr<detail::CheckpointFile> file_;
};

/// A checkpoint that was read.
struct LoadedCheckpoint {
  std::map<std::string, NpyArray> model;
  std::map<std::string, NpyArray> optimizer;
  std::vector<std::byte> bytes;  ///< of another program's; empty for arrays
  std::int64_t epoch = 0;
  CheckpointMetrics metrics;
  std::string criterion;
  bool lowest = true;

  double value() const { return metrics.at(criterion); }
};

/// \throws Error not_found, io, damaged
LoadedCheckpoint load_checkpoint(const std::filesystem::path& path);

}  // namespace neurotape
