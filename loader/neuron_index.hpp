#pragma once
/// \file
/// The spikes of one neuron, without those of the others.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "loader/dataset.hpp"
#include "loader/time_index.hpp"

namespace neurotape::loader {

/// The group that `pack --by-neuron` adds to that of a population.
inline constexpr const char* kNeuronIndex = "by_neuron";
inline constexpr std::array<const char*, 5> kNeuronIndexColumns = {"neuron_ids", "ends", "timesteps", "rows", "times"};

/// Spikes by neuron. Thread safety: any thread may call anything.
class NeuronIndex {
 public:
  struct Spikes {
    std::vector<std::int64_t> timesteps;
    std::vector<std::uint64_t> rows;  ///< of the stream
    std::vector<double> times;        ///< none where the stream has none
  };

  /// \param group path of the index below the root of the file
  /// \param rows of the stream
  /// \throws Error damaged: the index is not one of so many spikes; and as `Dataset::open`
  NeuronIndex(const std::shared_ptr<const File>& file, const std::string& group, const Place& place, std::uint64_t rows,
              bool has_times);

  const Dataset& ids() const noexcept { return *ids_; }    ///< of the neurons that have spikes, ascending
  const Dataset& ends() const noexcept { return *ends_; }  ///< where the spikes of each end
  /// Where its spikes are in the index.
  RowRange find(std::uint64_t neuron_id) const;
  /// Those of them with timesteps from `from` on and before `to`.
  RowRange find(RowRange of_neuron, std::int64_t from, std::int64_t to) const;
  /// Appends spikes to what is there.
  void read(RowRange spikes, Spikes& to) const;

 private:
  std::shared_ptr<const Dataset> ids_, ends_, timesteps_, rows_, times_;
  TimeIndex time_;
};

}  // namespace neurotape::loader
