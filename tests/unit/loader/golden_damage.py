"""Files that are being written, were cut off, are damaged, or are not ours at all."""

import os

import h5py
import numpy as np

from golden_file import episode_file
from neurotape_h5 import *


def raw_chunk(dataset, offset, data, mask):
    dataset.id.write_direct_chunk(offset, np.ascontiguousarray(data).tobytes(), filter_mask=mask)


def case_unfinished(directory):
    """As a killed writer leaves it: datasets of different lengths, open chunks stored raw, garbage behind them."""
    with episode_file(directory, 4, status="recording") as f:
        committed = 40
        data = rows(60, (3,), "float32")
        group = f.create_group("neural_states/v")
        for name, values, chunk, filters in [("timesteps", np.arange(60, dtype="<i8"), (32,), 2), ("values", data, (16, 3), 2)]:
            dataset = column(group, name, values[:0], chunk)
            dataset.resize(56 if name == "values" else 48, axis=0)
            for first in range(0, len(dataset), chunk[0]):
                part = values[first:first + chunk[0]]
                if first + chunk[0] <= committed:
                    dataset[first:first + chunk[0]] = part
                    continue
                raw = np.full(chunk, 77, dataset.dtype)
                raw[:len(part)] = part
                raw[max(0, committed - first):] = 77
                raw_chunk(dataset, (first,) + (0,) * (dataset.ndim - 1), raw, (1 << filters) - 1)
        group["timesteps"].attrs.create("stream_id", 5, dtype="<i8")
        spikes(f, "spikes/never_committed", np.arange(10), np.arange(10), stream_id=1)
        spikes(f, "spikes/e", np.arange(100), np.arange(100), stream_id=6)
        f.create_group("rewards")
        happened = events(f, [(1, "one", {}), (2, "two", {"x": 1}), (3, "three", {})], stream_id=7, data_id=8)
        voltage, e = f["neural_states/v"], f["spikes/e"]
        table(f, "commits", [(1, 5, 20, 0, 0.0), (1, 6, 10, 0, 0.0),
                             commit_record(2, 7, 2, *(happened[c] for c in ("timesteps", "types", "data_end"))),
                             commit_record(2, 8, 10, happened["data"]),
                             commit_record(3, 5, committed, voltage["timesteps"], voltage["values"]),
                             commit_record(4, 6, 33, e["timesteps"], e["neuron_ids"])], COMMIT)
    with episode_file(directory, 5, status="recording") as f:
        spikes(f, "spikes/e", np.arange(10), np.arange(10))
    with episode_file(directory, 6, status="recording") as f:
        spikes(f, "spikes/e", np.arange(10), np.arange(10), stream_id=0)
        table(f, "commits", [(1, 0, 11, 0, 0.0)], COMMIT)


def case_growing(directory):
    """A first commit of 20 rows."""
    with episode_file(directory, status="recording") as f:
        voltage = dense(f, "neural_states/v", rows(20, (3,), "float32"), chunk_rows=16)
        table(f, "commits", [commit_record(1, 0, 20, voltage["timesteps"], voltage["values"])], COMMIT)


def case_grown(directory):
    """The same file, 100 rows later: a lock of a reader would refuse this."""
    with h5py.File(os.path.join(directory, "episode_0000.h5"), "r+", libver="latest") as f:
        for name, data in [("timesteps", np.arange(120)), ("values", rows(120, (3,), "float32"))]:
            f["neural_states/v"][name].resize(120, axis=0)
            f["neural_states/v"][name][:] = data
        commits = f["commits"]
        commits.resize(2, axis=0)
        voltage = f["neural_states/v"]
        commits[1] = np.array(commit_record(2, 0, 117, voltage["timesteps"], voltage["values"]), COMMIT)
        spikes(f, "spikes/later", np.arange(5), np.arange(5), stream_id=1)


def case_marked(directory):
    """Marked as open by a SWMR writer that died."""
    file = episode_file(directory)
    spikes(file, "spikes/e", np.arange(10), np.arange(10))
    file.swmr_mode = True
    file.flush()
    os._exit(0)


def flip(path, offset, mask=0x10):
    with open(path, "r+b") as f:
        f.seek(offset)
        byte = f.read(1)[0]
        f.seek(offset)
        f.write(bytes([byte ^ mask]))


def case_damaged(directory):
    data = np.random.default_rng(1).normal(size=(320, 8)).astype("f4")
    with episode_file(directory) as f:
        offsets = []
        for codec in ("none", "gzip", "lzf", "blosc:lz4:1"):
            values = dense(f, "neural_states/" + codec, data, chunk_rows=32, codec=codec)["values"]
            info = values.id.get_chunk_info_by_coord((96, 0))
            offsets.append(info.byte_offset + info.size // 2)
        group = dense(f, "neural_states/missing", data[:0], timesteps=[], chunk_rows=32)
        group["timesteps"].resize(64, axis=0)
        group["timesteps"][:] = np.arange(64)
        group["values"].resize(64, axis=0)
        group["values"][:32] = data[:32]
        group = dense(f, "neural_states/short_raw", data[:32], chunk_rows=32)
        group["values"].id.write_direct_chunk((0, 0), b"x" * 100, filter_mask=0b11)
        dense(f, "neural_states/uneven", data[:64], timesteps=np.arange(65))
        group = f.create_group("neural_states/absurd")
        group["timesteps"] = np.arange(4)
        group.create_dataset("values", shape=(1 << 40, 1 << 20), maxshape=(None, 1 << 20), chunks=(1, 4), dtype="f4")
        group = f.create_group("neural_states/claims")
        for name in ("timesteps", "values"):
            group.create_dataset(name, shape=(1 << 40,), maxshape=(None,), chunks=(64,), dtype="i8", compression="gzip")
        group = f.create_group("neural_states/big_chunks")
        group["timesteps"] = np.arange(4)
        group.create_dataset("values", shape=(4,), maxshape=(None,), chunks=(1 << 28,), dtype="f8")
        group = f.create_group("neural_states/no_values")
        group["timesteps"] = np.arange(4)
        spikes(f, "spikes/text_times", np.arange(4), np.arange(4))
        del f["spikes/text_times/timesteps"]
        f["spikes/text_times/timesteps"] = np.array([b"a", b"b", b"c", b"d"])
        group = events(f, [(1, "a", {}), (2, "b", {"long": "value"})])
        group["data_end"][1] = 5
        other = os.path.join(directory, "other.h5")
        with h5py.File(other, "w") as o:
            o["x"] = np.arange(10.0)
        group = f.create_group("neural_states/virtual")
        group["timesteps"] = np.arange(10)
        layout = h5py.VirtualLayout(shape=(10,), dtype="f8")
        layout[:] = h5py.VirtualSource(other, "x", shape=(10,))
        group.create_virtual_dataset("values", layout)
        f["neural_states/linked"] = h5py.ExternalLink("other.h5", "/")
    for offset in offsets:
        flip(os.path.join(directory, "episode_0000.h5"), offset)


def case_not_ours(directory):
    with open(os.path.join(directory, "empty.h5"), "w"):
        pass
    with open(os.path.join(directory, "text.h5"), "w") as f:
        f.write("no HDF5" * 1000)
    with h5py.File(os.path.join(directory, "foreign.h5"), "w") as f:
        f["x"] = 1
    with h5py.File(os.path.join(directory, "newer.h5"), "w") as f:
        file_attributes(f)
        f.attrs["format_version"] = 2
    with h5py.File(os.path.join(directory, "no_episodes.h5"), "w") as f:
        file_attributes(f)
    with episode_file(directory, 0, "truncated.h5") as f:
        dense(f, "neural_states/v", rows(10000, (8,), "float64"), codec="plain")
    os.truncate(os.path.join(directory, "truncated.h5"), os.path.getsize(os.path.join(directory, "truncated.h5")) // 2)
    os.makedirs(os.path.join(directory, "nothing"))
