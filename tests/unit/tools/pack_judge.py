"""Compares the episodes of two runs, or packed files, as h5py reads them.

usage: pack_judge.py SAME|RECODED FILE_A FILE_B     files with a group `episodes`
"""

import sys

import h5py
import numpy as np


def equal(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and np.asarray(a).tobytes() == np.asarray(b).tobytes()


def compare_attributes(a, b, but=()):
    assert set(a.attrs) - set(but) == set(b.attrs) - set(but), (a.name, set(a.attrs) ^ set(b.attrs))
    for name in set(a.attrs) - set(but):
        x, y = a.attrs.get_id(name), b.attrs.get_id(name)
        assert x.dtype == y.dtype and x.shape == y.shape, (a.name, name)
        assert np.asarray(a.attrs[name]).tobytes() == np.asarray(b.attrs[name]).tobytes(), (a.name, name)


def stored(dataset):
    """The chunks as they are in the file."""
    if dataset.chunks is None:
        return None
    found = []
    for i in range(dataset.id.get_num_chunks()):
        info = dataset.id.get_chunk_info(i)
        found.append((info.chunk_offset, dataset.id.read_direct_chunk(info.chunk_offset)))
    return sorted(found)


def compare(a, b, same):
    # The file's own attributes, where the root of a file is the episode.
    of_file = ["format", "format_version", "experiment_name", "config"]
    compare_attributes(a, b, of_file + ([] if same else ["codec"]))
    if isinstance(a, h5py.Group):
        assert set(a) == set(b), (a.name, set(a) ^ set(b))
        for name in a:
            compare(a[name], b[name], same)
        return
    assert equal(a[()], b[()]), a.name
    assert a.chunks == b.chunks, a.name
    if same:
        assert stored(a) == stored(b), f"{a.name}: not the chunks that were there"


def main(how, first, second):
    with h5py.File(first) as a, h5py.File(second) as b:
        assert len(b["episodes"]) > 0
        compare_attributes(a, b)
        for name in b["episodes"]:
            compare(a["episodes"][name], b["episodes"][name], how == "SAME")
        if how != "SAME":
            spikes = b["episodes/episode_0000/spikes/exc/neuron_ids"]
            print(spikes.compression, spikes.compression_opts, spikes.parent.attrs["codec"].decode())
        for group in ["config", "network_structure"]:
            compare_attributes(a[group], b[group])
            assert set(a[group]) == set(b[group])


if __name__ == "__main__":
    main(*sys.argv[1:])
    print("as it should be")
