"""Judges what `neurotape pack` has laid out anew, as h5py reads it.

usage: layout_judge.py relaid RUN PACKED    equal values; prints the chunks and codecs of dense streams
       layout_judge.py index PACKED         the index by neuron has each spike once; prints populations and types of ids
       layout_judge.py move PACKED          writes a timestep into the index that is not there
       layout_judge.py shorten PACKED       writes an end into the index that lies before its begin
"""

import sys

import h5py
import numpy as np


def relaid(run, packed):
    with h5py.File(run) as a, h5py.File(packed) as b:
        before, after = a["episodes/episode_0000"], b["episodes/episode_0000"]
        assert "commits" not in after
        for kind in sorted(set(before) & {"behavior", "neural_states"}):
            for name in sorted(before[kind]):
                x, y = before[kind][name], after[kind][name]
                assert set(x) - {"chunk_index"} == set(y) - {"chunk_index"}
                for column in set(x) - {"chunk_index"}:
                    assert x[column].dtype == y[column].dtype
                    assert x[column][()].tobytes() == y[column][()].tobytes(), column
                print(f"{kind}/{name}", y["values"].chunks, y.attrs["codec"].decode())


def index(packed):
    with h5py.File(packed) as file:
        for name, spikes in sorted(file["episodes/episode_0000/spikes"].items()):
            timesteps, ids = spikes["timesteps"][()], spikes["neuron_ids"][()]
            by_neuron = spikes["by_neuron"]
            order = np.lexsort((np.arange(len(ids)), timesteps, ids))
            neurons, counts = np.unique(ids, return_counts=True)
            assert np.array_equal(by_neuron["neuron_ids"][()], neurons)
            assert np.array_equal(by_neuron["ends"][()], np.cumsum(counts))
            assert np.array_equal(by_neuron["rows"][()], order)
            assert np.array_equal(by_neuron["timesteps"][()], timesteps[order])
            assert ("times" in by_neuron) == ("times" in spikes)
            if "times" in spikes:
                assert np.array_equal(by_neuron["times"][()], spikes["times"][()][order])
            print(name, by_neuron["neuron_ids"].dtype if len(ids) else "none")


def move(packed):
    with h5py.File(packed, "r+") as file:
        by_neuron = file["episodes/episode_0000/spikes/sorted/by_neuron"]
        position = int(np.searchsorted(by_neuron["neuron_ids"][()], 3))
        by_neuron["timesteps"][int(by_neuron["ends"][position - 1]) if position else 0] = -5


def shorten(packed):
    with h5py.File(packed, "r+") as file:
        by_neuron = file["episodes/episode_0000/spikes/sorted/by_neuron"]
        position = int(np.searchsorted(by_neuron["neuron_ids"][()], 3))
        by_neuron["ends"][position] = 0


if __name__ == "__main__":
    {"relaid": relaid, "index": index, "move": move, "shorten": shorten}[sys.argv[1]](*sys.argv[2:])
