#pragma once
/// \file
/// One run of a program: the directory, the ring, the workers.

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "neurotape/array.hpp"
#include "neurotape/artifacts.hpp"
#include "neurotape/episode.hpp"
#include "neurotape/options.hpp"
#include "neurotape/stats.hpp"

namespace neurotape {

namespace detail {
class Recorder;
}

/// One run of a program: one directory. Closes itself when it goes out of scope (and then cannot throw:
/// what went wrong goes to `on_error`).
///
/// Threads: any thread may call anything but `close()` and the destructor, which come last.
class Experiment {
 public:
  /// Makes `<parent>/<name>_<YYYYMMDD_HHMMSS>/` (UTC; `_2`, `_3`, ... when taken) and starts recording.
  /// \throws Error invalid_name, invalid_argument, unsupported, memory_cap, io
  static Experiment create(const std::filesystem::path& parent, std::string_view name,
                           const ExperimentOptions& options = {});
  /// Goes on with an existing experiment: new episodes are numbered after those that are there.
  /// \throws Error not_found, damaged, already_exists (another process records into it), ...
  static Experiment open(const std::filesystem::path& path, const ExperimentOptions& options = {});

  explicit Experiment(std::shared_ptr<detail::Recorder> recorder);
  Experiment(Experiment&&) noexcept;
  Experiment& operator=(Experiment&&) noexcept;
  ~Experiment();

  const std::filesystem::path& path() const noexcept;

  /// Stores the configuration, a JSON object: scalars as attributes of their own type, the rest as JSON text.
  /// May be called again; the last one stands.
  void save_config(const nlohmann::json& config);
  /// Stores the neurons (connections) as columns of equal length, by name, of any arithmetic type.
  void save_neurons(const std::vector<NamedArray>& columns);
  void save_connections(const std::vector<NamedArray>& columns);

  /// Starts the next episode. Any number may be open at once.
  Episode start_episode(const EpisodeOptions& options = {});

  // Artifacts: files of the run's directory beside its episodes, written by the workers, with the experiment's durability, from
  // its memory. What these give is as each header says, and may outlive the experiment; it writes nothing once that is closed.

  /// `attention_maps/`. One writer at a time.
  AttentionMapWriter attention_maps(const AttentionMapOptions& options = {});
  /// A CSV file. \param file its name: "epoch_statistics.csv"
  MetricsTable metrics(std::string_view file, const MetricsOptions& options = {});
  /// `predictions_eval.csv`, `confusion_matrices.json`, `class_distributions.json`.
  Evaluation evaluation(const std::vector<std::string>& labels, const EvaluationOptions& options = {});
  Checkpoint checkpoint(std::string_view file = "best_model.npz", const CheckpointOptions& options = {});
  /// Draws one of its tables. \throws Error as `neurotape::draw_training_curves`
  void draw_training_curves(std::string_view table = "epoch_statistics.csv",
                            std::string_view picture = "training_curves.png");

  /// Returns when all that was recorded before the call is committed.
  /// \throws Error what kept it from being committed
  void flush();
  Stats stats() const;
  /// Finishes the episodes that are still open, waits until all is on disk, writes the index.
  /// \throws Error the first thing that went wrong since the start
  void close();

 private:
  std::shared_ptr<detail::Recorder> recorder_;
};

}  // namespace neurotape
