#pragma once
/// \file
/// The network of the example spiking_network.cpp. Nothing in here knows that it is being recorded.
///
/// Brunel, N. (2000): Dynamics of sparsely connected networks of excitatory and inhibitory spiking neurons.
/// J. Comput. Neurosci. 8:183-208, model A. Leaky integrate-and-fire neurons, of which four fifths are
/// excitatory; each gets input from a tenth of either population and from Poisson sources outside.
/// The excitatory synapses onto the first hundred neurons learn, by pair-based STDP.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

struct BrunelParameters {
  std::uint32_t neurons = 10'000;
  double g = 6.0;          ///< an inhibitory synapse is this many times stronger than an excitatory one
  double eta = 2.0;        ///< outside input, nu_ext / nu_thr: 1 would lift a lone neuron just to its threshold
  double weight_mv = 0.2;  ///< J: the jump of the potential at an excitatory spike
  double dt_ms = 0.1, delay_ms = 1.5, tau_ms = 20, refractory_ms = 2;
  double threshold_mv = 20, reset_mv = 10;
  double stdp_tau_ms = 20, stdp_plus = 0.005, stdp_minus = 0.00525;  ///< in units of the initial weight

  std::uint32_t excitatory() const { return neurons / 5 * 4; }
  std::uint32_t excitatory_inputs() const { return excitatory() / 10; }
  std::uint32_t inhibitory_inputs() const { return (neurons - excitatory()) / 10; }
  double outside_rate_per_ms() const { return eta * threshold_mv / (weight_mv * tau_ms); }
};

class BrunelNetwork {
 public:
  /// The changes of a timestep, one entry each in three columns.
  struct WeightChanges {
    std::vector<std::uint32_t> synapses;
    std::vector<float> old_weights, new_weights;
  };

  BrunelNetwork(const BrunelParameters& parameters, std::uint64_t seed) : p_(parameters), random_(seed) {
    const double outside_events = p_.outside_rate_per_ms() * p_.dt_ms;
    // Inverse of the Poisson distribution, so that 16 random bits are one draw.
    double term = std::exp(-outside_events), sum = term;
    for (std::size_t i = 0, events = 0; i < outside_events_.size(); ++i) {
      while ((static_cast<double>(i) + 0.5) / static_cast<double>(outside_events_.size()) > sum) {
        term *= outside_events / static_cast<double>(++events);
        sum += term;
      }
      outside_events_[i] = static_cast<std::uint8_t>(events);
    }
    for (float& v : potentials_) v = reset_ + (threshold_ - reset_) * static_cast<float>(below(1u << 24)) * 0x1p-24f;
    connect();
  }

  /// One timestep: input that arrives now, the neurons, then what the spikes set off.
  void step(bool plasticity) {
    float* arriving = &arriving_[now_ % slots_ * p_.neurons];
    add_outside_input(arriving);
    advance_potentials(arriving);
    collect_spikes();
    changes_.synapses.clear(), changes_.old_weights.clear(), changes_.new_weights.clear();
    deliver_spikes(&arriving_[(now_ + slots_ - 1) % slots_ * p_.neurons], plasticity);
    update_traces();
    ++now_;
  }

  const std::vector<float>& potentials() const { return potentials_; }
  const std::vector<std::uint32_t>& excitatory_spikes() const { return excitatory_spikes_; }
  const std::vector<std::uint32_t>& inhibitory_spikes() const { return inhibitory_spikes_; }
  const WeightChanges& weight_changes() const { return changes_; }

  /// The plastic synapses, by number: where they come from, where they end, how strong they are.
  const std::vector<std::uint32_t>& plastic_sources() const { return plastic_sources_; }
  const std::vector<std::uint32_t>& plastic_targets() const { return plastic_targets_; }
  const std::vector<float>& plastic_weights() const { return plastic_weights_; }

 private:
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(((random_() >> 32) * n) >> 32); }

  // Draws the inputs of every neuron, then turns the table round: a spike needs the targets of its source.
  void connect() {
    const std::uint32_t inputs = p_.excitatory_inputs() + p_.inhibitory_inputs();
    std::vector<std::uint32_t> sources(std::size_t{p_.neurons} * inputs);
    for (std::size_t i = 0; i < sources.size(); ++i) {
      const bool excitatory = i % inputs < p_.excitatory_inputs();
      sources[i] = excitatory ? below(p_.excitatory()) : p_.excitatory() + below(p_.neurons - p_.excitatory());
      if (!excitatory || i / inputs >= learning_) {
        ++first_target_[sources[i] + 1];
      } else {
        plastic_sources_.push_back(sources[i]);
        plastic_targets_.push_back(static_cast<std::uint32_t>(i / inputs));
      }
    }
    for (std::size_t i = 0; i < p_.neurons; ++i) first_target_[i + 1] += first_target_[i];
    targets_.resize(first_target_.back());
    std::vector<std::size_t> next(first_target_.begin(), first_target_.end() - 1);
    for (std::size_t i = 0; i < sources.size(); ++i) {
      if (i % inputs >= p_.excitatory_inputs() || i / inputs >= learning_) {
        targets_[next[sources[i]]++] = static_cast<std::uint32_t>(i / inputs);
      }
    }
    plastic_weights_.assign(plastic_sources_.size(), weight_);
    plastic_of_source_.resize(p_.excitatory());
    for (std::uint32_t s = 0; s < plastic_sources_.size(); ++s) plastic_of_source_[plastic_sources_[s]].push_back(s);
  }

  void add_outside_input(float* arriving) {
    for (std::size_t i = 0; i < p_.neurons; i += 4) {
      const std::uint64_t bits = random_();
      for (std::size_t k = 0; k < 4; ++k) {
        arriving[i + k] += weight_ * static_cast<float>(outside_events_[(bits >> (16 * k)) & 0xFFFF]);
      }
    }
  }

  void advance_potentials(float* arriving) {
    for (std::size_t i = 0; i < p_.neurons; ++i) {
      const float v = potentials_[i] * decay_ + arriving[i];
      potentials_[i] = resting_steps_[i] > 0 ? reset_ : v;
      resting_steps_[i] -= resting_steps_[i] > 0 ? 1 : 0;
      arriving[i] = 0;
    }
  }

  void collect_spikes() {
    excitatory_spikes_.clear(), inhibitory_spikes_.clear();
    for (std::uint32_t i = 0; i < p_.neurons; ++i) {
      if (potentials_[i] < threshold_) continue;
      potentials_[i] = reset_;
      resting_steps_[i] = static_cast<std::int32_t>(std::lround(p_.refractory_ms / p_.dt_ms));
      (i < p_.excitatory() ? excitatory_spikes_ : inhibitory_spikes_).push_back(i);
    }
  }

  void deliver_spikes(float* later, bool plasticity) {
    const auto deliver = [&](std::uint32_t source, float weight) {
      for (std::size_t k = first_target_[source]; k < first_target_[source + 1]; ++k) later[targets_[k]] += weight;
    };
    for (const std::uint32_t i : inhibitory_spikes_) deliver(i, static_cast<float>(-p_.g) * weight_);
    for (const std::uint32_t i : excitatory_spikes_) {
      deliver(i, weight_);
      for (const std::uint32_t s : plastic_of_source_[i]) {
        later[plastic_targets_[s]] += plastic_weights_[s];
        if (plasticity) change(s, -static_cast<float>(p_.stdp_minus) * post_trace_[plastic_targets_[s]]);
      }
    }
    for (const std::uint32_t i : excitatory_spikes_) {
      if (!plasticity || i >= learning_) break;  // ids come in order
      const std::uint32_t first = i * p_.excitatory_inputs();
      for (std::uint32_t s = first; s < first + p_.excitatory_inputs(); ++s) {
        change(s, static_cast<float>(p_.stdp_plus) * pre_trace_[plastic_sources_[s]]);
      }
    }
  }

  void change(std::uint32_t synapse, float by) {
    const float before = plastic_weights_[synapse];
    const float after = std::clamp(before + by * weight_, 0.0f, 2 * weight_);
    if (after == before) return;
    plastic_weights_[synapse] = after;
    changes_.synapses.push_back(synapse);
    changes_.old_weights.push_back(before);
    changes_.new_weights.push_back(after);
  }

  void update_traces() {
    for (float& trace : pre_trace_) trace *= trace_decay_;
    for (float& trace : post_trace_) trace *= trace_decay_;
    for (const std::uint32_t i : excitatory_spikes_) {
      pre_trace_[i] += 1;
      if (i < learning_) post_trace_[i] += 1;
    }
  }

  const BrunelParameters p_;
  const float weight_ = static_cast<float>(p_.weight_mv);
  const float reset_ = static_cast<float>(p_.reset_mv), threshold_ = static_cast<float>(p_.threshold_mv);
  const float decay_ = static_cast<float>(std::exp(-p_.dt_ms / p_.tau_ms));
  const float trace_decay_ = static_cast<float>(std::exp(-p_.dt_ms / p_.stdp_tau_ms));
  const std::uint32_t learning_ = std::min(100u, p_.excitatory());
  const std::size_t slots_ = static_cast<std::size_t>(std::lround(p_.delay_ms / p_.dt_ms)) + 1;

  std::mt19937_64 random_;
  std::size_t now_ = 0;
  std::vector<std::uint8_t> outside_events_ = std::vector<std::uint8_t>(1 << 16);
  std::vector<float> arriving_ = std::vector<float>(slots_ * p_.neurons);  ///< ring of the delays: [slot][neuron]
  std::vector<float> potentials_ = std::vector<float>(p_.neurons);
  std::vector<std::int32_t> resting_steps_ = std::vector<std::int32_t>(p_.neurons);
  std::vector<float> pre_trace_ = std::vector<float>(p_.excitatory()), post_trace_ = std::vector<float>(learning_);
  std::vector<std::size_t> first_target_ = std::vector<std::size_t>(p_.neurons + 1);
  std::vector<std::uint32_t> targets_;
  std::vector<std::uint32_t> plastic_sources_, plastic_targets_;
  std::vector<float> plastic_weights_;
  std::vector<std::vector<std::uint32_t>> plastic_of_source_;
  std::vector<std::uint32_t> excitatory_spikes_, inhibitory_spikes_;
  WeightChanges changes_;
};
