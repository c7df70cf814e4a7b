"""The peer of read.cpp: reads an episode with h5py. usage: read_h5py.py

Each line of the input is `<file> <what> <first> <end>`; the answer is the seconds it took, measured here, and
the bytes of the arrays that came out of it. The file is opened anew each time, as the loader does.
"""

import sys
import time

import h5py
import numpy

STREAM = "neural_states/membrane_potential"


def whole(episode, _first, _end):
    stream = episode[STREAM]
    return [stream["timesteps"][()], stream["values"][()]]


def between(episode, first, end):
    # Timesteps tell the rows: what h5py's users write.
    stream = episode[STREAM]
    timesteps = stream["timesteps"][()]
    begin, stop = numpy.searchsorted(timesteps, [first, end])
    return [timesteps[begin:stop], stream["values"][begin:stop]]


def spikes(episode, _first, _end):
    stream = episode["spikes/all"]
    return [stream["timesteps"][()], stream["neuron_ids"][()]]


READERS = {"whole": whole, "slice": between, "spikes": spikes}

for line in sys.stdin:
    path, what, first, end = line.split()
    start = time.perf_counter()
    with h5py.File(path, "r") as episode:
        arrays = READERS[what](episode, int(first), int(end))
    seconds = time.perf_counter() - start
    print(seconds, sum(array.nbytes for array in arrays), flush=True)
    del arrays
