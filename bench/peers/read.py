"""The peer of bench/read.cpp: reads an episode with h5py. usage: read.py h5py

A question names the file, what is to be read of it, and the timesteps or the neuron. The file is opened anew each time,
as the loader does. `into` reads into arrays that were touched before, else into new ones.
"""

import sys
import time

import asked

buffers = {}


def buffer(name, shape, dtype):
    import numpy
    if name not in buffers or buffers[name].shape != shape:
        buffers[name] = numpy.ones(shape, dtype)
    return buffers[name]


def datasets(episode, stream, names, into):
    for name in names:
        dataset = episode[f"{stream}/{name}"]
        if into:
            target = buffer(f"{stream}/{name}", dataset.shape, dataset.dtype)
            dataset.read_direct(target)
            yield target
        else:
            yield dataset[()]


def between(episode, stream, name, first, end):
    # Timesteps tell the rows: what users write.
    import numpy
    timesteps = episode[f"{stream}/timesteps"][()]
    begin, stop = numpy.searchsorted(timesteps, [first, end])
    return [timesteps[begin:stop], episode[f"{stream}/{name}"][begin:stop]]


def of_neuron(episode, neuron):
    import numpy
    rows = numpy.flatnonzero(episode["spikes/all/neuron_ids"][()] == neuron)
    return [episode["spikes/all/timesteps"][()][rows], rows]


def trace(episode, neuron):
    return [episode["neural_states/v/timesteps"][()], episode["neural_states/v/values"][:, neuron]]


def read(episode, question):
    what, first, end = question["what"], question["first"], question["end"]
    if what in ("dense", "dense_into"):
        return datasets(episode, "neural_states/v", ("timesteps", "values"), what.endswith("into"))
    if what in ("spikes", "spikes_into"):
        return datasets(episode, "spikes/all", ("timesteps", "neuron_ids"), what.endswith("into"))
    if what == "dense_slice":
        return between(episode, "neural_states/v", "values", first, end)
    if what == "spikes_slice":
        return between(episode, "spikes/all", "neuron_ids", first, end)
    return trace(episode, question["neuron"]) if what == "trace" else of_neuron(episode, question["neuron"])


def do(question):
    import h5py
    start, processor = time.perf_counter(), asked.processor_seconds()
    with h5py.File(question["file"], "r") as episode:
        arrays = list(read(episode, question))
    seconds, processor = time.perf_counter() - start, asked.processor_seconds() - processor
    return {"seconds": seconds, "cpu_s": processor, "rows": len(arrays[0])}


def main():
    try:
        import h5py  # noqa: F401
        missing = ""
    except ImportError as error:
        missing = str(error)
    asked.serve([] if missing else ["read"], missing, do)


if __name__ == "__main__":
    main()
