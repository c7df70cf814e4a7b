#pragma once
/// \file
/// Neurons that are really simulated, for random numbers compress like nothing that anybody records.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace neurotape::bench {

/// Izhikevich, E. M. (2003): Simple model of spiking neurons. IEEE Trans. Neural Networks 14:1569-1572.
/// Its four fifths of excitatory and one of inhibitory neurons and their noisy input, 1 ms a step. They are not
/// connected; whoever connects them adds to their conductances.
class Population {
 public:
  /// \param noise standard deviation of the excitatory neurons' input; the paper has 5. Inhibitory ones get 0.4 of it.
  explicit Population(std::size_t neurons, float noise = 5.0F, std::uint64_t seed = 1);

  void step();
  std::span<const float> potentials() const noexcept { return v_; }         ///< mV
  std::span<float> conductances() noexcept { return g_; }                   ///< decay by a fifth a step
  std::span<const std::uint32_t> fired() const noexcept { return fired_; }  ///< ascending

 private:
  std::vector<float> v_, u_, g_, a_, b_, c_, d_, noise_;
  std::vector<std::uint32_t> random_, fired_;
};

/// Rows of a population, simulated before any clock runs, to be replayed without an end. Each pass starts its
/// rows some neurons further on, at no cost: rows are real ones but no two are the same bytes.
class RowBank {
 public:
  RowBank(std::size_t neurons, std::size_t bytes);

  std::size_t neurons() const noexcept { return neurons_; }
  std::size_t row_bytes() const noexcept { return neurons_ * sizeof(float); }
  std::span<const float> row(std::uint64_t t) const noexcept {
    return {values_.data() + t % rows_ * neurons_ + t / rows_ * kShift % neurons_, neurons_};
  }
  /// The neurons that fired; the same in each pass.
  std::span<const std::uint32_t> fired(std::uint64_t t) const noexcept {
    const std::size_t i = t % rows_;
    return std::span(ids_).subspan(ends_[i], ends_[i + 1] - ends_[i]);
  }

 private:
  static constexpr std::uint64_t kShift = 61;

  std::size_t neurons_;
  std::size_t rows_;
  std::vector<float> values_;  ///< one row more than rows_: a shifted row goes on in the next
  std::vector<std::uint32_t> ids_;
  std::vector<std::size_t> ends_{0};
};

}  // namespace neurotape::bench
