#pragma once
/// \file
/// Writes the spikes of a population once more, neuron by neuron.

#include "backends/hdf5/library.hpp"
#include "loader/episode_file.hpp"
#include "neurotape/codec.hpp"

namespace neurotape::loader {

/// Adds the group `by_neuron` (docs/format.md) to that of a stream of spikes. Reads the stream once to count, and once more
/// for each 4 million spikes; holds those, or the spikes of one neuron where it has more, and a count for each neuron.
/// Thread safety: one thread, under the Hdf5Lock.
void write_neuron_index(hdf5::Library& library, const OpenStream& spikes, hid_t group, const Codec& codec);

}  // namespace neurotape::loader
