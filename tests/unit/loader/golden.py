#!/usr/bin/env python3
"""Makes the files that the tests of the loader read: golden.py <case> <directory>."""

import os
import shutil
import sys

import h5py
import numpy as np

from neurotape_h5 import *

CONFIG = {"learning_rate": 1e-3, "layers": 3, "seed": 2**63 + 5, "verbose": True, "title": "Grüße",
          "network": {"size": 10000, "shape": [2, 3], "name": "é"}, "nothing": None, "digits": "17", "tags": ["a", "b"]}
DTYPES = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64", "bool"]


def episode_file(directory, number=0, name=None, status="complete", **known):
    file = h5py.File(os.path.join(directory, name or f"episode_{number:04}.h5"), "w", libver="latest")
    file_attributes(file, config=CONFIG)
    episode_attributes(file, number, status, **known)
    return file


def case_types(directory):
    with episode_file(directory, 3, seed=2**63 + 1) as f:
        for dtype in DTYPES:
            dense(f, f"neural_states/{dtype}", rows(100, (3,), dtype), every=10, unit="mV")
        dense(f, "behavior/scalar", rows(50, (), "float64"), unit="m")
        dense(f, "behavior/tensor", rows(30, (2, 3, 4), "int16"), chunk_rows=8)


def case_description(directory):
    user = {"subject": "M7", "trial": 12, "ratio": 0.5, "good": False, "nested": {"a": [1, {"b": None}]}, "word": "12"}
    with episode_file(directory, 7, seed=2**63 + 1, user=user, dt=0.25) as f:
        text_attribute(f, "name", "first light")
        f.attrs["by_h5py"] = "variable länge"
        f.attrs["vector"] = np.arange(6, dtype="i4").reshape(2, 3)
        f.attrs["empty"] = h5py.Empty("f4")
        f.attrs["odd"] = np.array((1, 2.0), dtype=[("x", "i4"), ("y", "f8")])
        dense(f, "neural_states/v", rows(100, (3,), "float32"), every=10, unit="mV", chunk_rows=16)
        f["neural_states/v"].attrs.create("codec", np.bytes_("gzip:1"))
        spikes(f, "spikes/e", np.arange(200), np.arange(200), times=np.arange(200) / 2)
        f["spikes/e"].attrs.create("population_size", 200, dtype="<u8")
        events(f, [(0, "start", {})])
        table(f, "gaps", [(b"spikes/e", 5, 9, 17, b"overflow"), (b"neural_states/v", 1, 1, 1, b"nan")], GAP)


def raw_chunk(dataset, offset, data, mask):
    dataset.id.write_direct_chunk(offset, np.ascontiguousarray(data).tobytes(), filter_mask=mask)


def case_codecs(directory):
    data = rows(1000, (5,), "float32")
    with episode_file(directory) as f:
        for codec in ["none", "gzip", "lzf", "plain"] + [f"blosc:{n}:{s}" for n in ("lz4", "zstd", "blosclz", "zlib")
                                                         for s in (0, 1, 2)]:
            dense(f, "neural_states/" + codec, data, chunk_rows=64, codec=codec)
        timesteps = np.arange(1000, dtype="<i8")

        def foreign(name, **options):
            group = f.create_group("neural_states/" + name)
            group["timesteps"] = timesteps
            return group.create_dataset("values", **options)

        foreign("contiguous", data=data)
        foreign("single_chunk", data=data, chunks=(1000, 5), compression="gzip")
        foreign("larger_chunk", data=data, chunks=(4096, 8), maxshape=(None, None), compression="gzip")
        foreign("big_endian", data=data.astype(">f4"), chunks=(64, 5), compression="gzip")
        foreign("scale_offset", data=data, chunks=(64, 5), scaleoffset=3)
        foreign("nine", data=data, chunks=(64, 5), compression="gzip", compression_opts=9)
        group = f.create_group("neural_states/compact")
        group["timesteps"] = timesteps
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_layout(h5py.h5d.COMPACT)
        h5py.h5d.create(group.id, b"values", h5py.h5t.NATIVE_FLOAT, h5py.h5s.create_simple((1000, 5)),
                        properties).write(h5py.h5s.ALL, h5py.h5s.ALL, data)
        # Finished chunks whose first filters were left out.
        for name, codec, mask in [("masked_lzf", "lzf", 0b010), ("masked_gzip", "gzip", 0b11)]:
            group = dense(f, "neural_states/" + name, data, chunk_rows=64, codec=codec)
            chunk = data[128:192]
            if mask == 0b010:
                shuffled = np.frombuffer(chunk.tobytes(), "u1").reshape(-1, 4).T.tobytes()
                stored = shuffled + fletcher32(shuffled)
            else:
                stored = chunk.tobytes()
            group["values"].id.write_direct_chunk((128, 0), stored, filter_mask=mask)


def fletcher32(data):
    words = np.frombuffer(data, ">u2").astype("u8")
    first = second = 0
    for word in words.tolist():
        first = (first + word) % 65535
        second = (second + first) % 65535
    first, second = (s or 65535 for s in (first, second))
    return int(second << 16 | first).to_bytes(4, "little")


def case_tiles(directory):
    image = rows(20, (30, 40, 3), "uint8")
    with episode_file(directory) as f:
        dense(f, "behavior/tiled", image, chunk=(1, 7, 40, 3), chunk_rows=1)
        dense(f, "behavior/crossed", image, chunk=(4, 7, 11, 2), chunk_rows=4)
        dense(f, "neural_states/wide", rows(20, (1000,), "float32"), chunk=(1, 300), chunk_rows=1)
        dense(f, "neural_states/wide_gzip9", rows(20, (1000,), "float32").astype(">f4"), chunk=(3, 300), chunk_rows=3)


def case_columns(directory):
    with episode_file(directory) as f:
        group = dense(f, "neural_states/chosen", rows(100, (4,), "float32"))
        group["columns"] = np.array([70, 3, 900, 12], "<u8")
        dense(f, "neural_states/all", rows(100, (10,), "float32"))
        group = dense(f, "neural_states/contiguous", rows(100, (10,), "float32"))
        del group["values"]
        group["values"] = rows(100, (10,), "float32")


def case_sparse(directory):
    n = 5000
    t = np.arange(n) // 7
    with episode_file(directory) as f:
        group = spikes(f, "spikes/e", t, golden(n, "u4"), times=t + 0.25)
        chunk_index(group, t, 64)
        spikes(f, "spikes/wide", t, golden(n, "u8") + np.uint64(2**40), id_type="<u8")
        spikes(f, "spikes/signed", t, golden(n, "u8"), id_type="<i4")
        group = f.create_group("rewards")
        column(group, "timesteps", np.arange(300, dtype="<i8"))
        column(group, "values", golden(300, "f8"))
        group = f.create_group("weight_changes")
        column(group, "timesteps", np.arange(300, dtype="<i8"))
        column(group, "synapse_ids", golden(300, "u8"))
        column(group, "old_weights", golden(300, "f4"))
        column(group, "new_weights", golden(300, "f4") + np.float32(1))
        events(f, [(0, "start", {}), (500, "lesion", {"region": "CA3", "depth": [1, 2.5]}), (500, "größe", "text"),
                   (700, "end", None)])


def case_unsorted(directory):
    generator = np.random.default_rng(5)
    n = 3000
    t = np.arange(n) // 3
    late = generator.choice(n, 200, replace=False)
    t[late] = np.maximum(0, t[late] - generator.integers(1, 200, 200))
    with episode_file(directory) as f:
        spikes(f, "spikes/indexed", t, np.arange(n), times=np.arange(n) / 2.0, sorted=0)
        chunk_index(f["spikes/indexed"], t, 64)
        spikes(f, "spikes/plain", t, np.arange(n), sorted=0)
        group = events(f, [(9, "late", {"n": 1}), (4, "early", {"n": 2}), (4, "early", {"n": 3})])
        group.attrs.create("sorted", 0, dtype="<i8")
    t.astype("<i8").tofile(os.path.join(directory, "timesteps.bin"))


def case_empty(directory):
    with episode_file(directory) as f:
        dense(f, "neural_states/v", rows(0, (3,), "float32"))
        group = f.create_group("neural_states/no_columns")
        group["timesteps"] = np.arange(10)
        group["values"] = rows(10, (0,), "float32")
        spikes(f, "spikes/e", [], [], times=[])
        f.create_group("spikes/declared_only")
        events(f, [])
    with episode_file(directory, 1):
        pass


def case_times(directory):
    """Timesteps with gaps, in every way in which they can be looked for."""
    generator = np.random.default_rng(3)
    with episode_file(directory) as f:
        for name, n, chunk, index in [("indexed", 20000, 64, True), ("plain", 20000, 64, False), ("one", 50, 64, False),
                                      ("lying", 20000, 64, True)]:
            t = np.cumsum(generator.integers(1, 5, n)) - 1000
            group = dense(f, "behavior/" + name, np.arange(n, dtype="<i4"), timesteps=t, chunk_rows=chunk)
            if index:
                chunk_index(group, t if name == "indexed" else t[::-1].copy(), chunk)
            t.astype("<i8").tofile(os.path.join(directory, name + ".bin"))
        t = np.sort(generator.integers(-100, 100, 20000))
        chunk_index(spikes(f, "spikes/many_at_once", t, np.arange(20000)), t, 64)
        t.astype("<i8").tofile(os.path.join(directory, "many_at_once.bin"))


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
        events(f, [(1, "one", {}), (2, "two", {"x": 1}), (3, "three", {})], stream_id=7, data_id=8)
        table(f, "commits", [(1, 5, 20, 0, 0.0), (1, 6, 10, 0, 0.0), (2, 7, 2, 0, 0.0), (2, 8, 10, 0, 0.0),
                             (3, 5, committed, 0, 0.0), (4, 6, 33, 0, 0.0)], COMMIT)
    with episode_file(directory, 5, status="recording") as f:
        spikes(f, "spikes/e", np.arange(10), np.arange(10))
    with episode_file(directory, 6, status="recording") as f:
        spikes(f, "spikes/e", np.arange(10), np.arange(10), stream_id=0)
        table(f, "commits", [(1, 0, 11, 0, 0.0)], COMMIT)


def case_growing(directory):
    """A first commit of 20 rows."""
    with episode_file(directory, status="recording") as f:
        dense(f, "neural_states/v", rows(20, (3,), "float32"), chunk_rows=16)
        table(f, "commits", [(1, 0, 20, 0, 0.0)], COMMIT)


def case_grown(directory):
    """The same file, 100 rows later: a lock of a reader would refuse this."""
    with h5py.File(os.path.join(directory, "episode_0000.h5"), "r+", libver="latest") as f:
        for name, data in [("timesteps", np.arange(120)), ("values", rows(120, (3,), "float32"))]:
            f["neural_states/v"][name].resize(120, axis=0)
            f["neural_states/v"][name][:] = data
        commits = f["commits"]
        commits.resize(2, axis=0)
        commits[1] = np.array((2, 0, 117, 0, 0.0), COMMIT)
        spikes(f, "spikes/later", np.arange(5), np.arange(5), stream_id=1)


def case_marked(directory):
    """Marked as open by a SWMR writer that died."""
    file = episode_file(directory)
    spikes(file, "spikes/e", np.arange(10), np.arange(10))
    file.swmr_mode = True
    file.flush()
    os._exit(0)


def small_episode(group, number, count=10):
    episode_attributes(group, number)
    dense(group, "neural_states/v", rows(count, (2,), "float32"))
    group["neural_states/v/values"][0, 0] = number


def segment(run, number, episodes, mark=0.0):
    path = os.path.join(run, "episodes", f"segment_{number:04}.h5")
    with h5py.File(path, "w", libver="latest") as f:
        file_attributes(f, config=CONFIG)
        for episode in episodes:
            small_episode(f.create_group(f"episode_{episode:04}"), episode)
            f[f"episode_{episode:04}/neural_states/v/values"][0, 1] = mark


def own_file(run, number, name=None, mark=0.0):
    with episode_file(os.path.join(run, "episodes"), number, name) as f:
        dense(f, "neural_states/v", rows(10, (2,), "float32"))
        f["neural_states/v/values"][0] = (number, mark)


def setup(run, name="setup.h5"):
    with h5py.File(os.path.join(run, name), "w", libver="latest") as f:
        setup_content(f)


def setup_content(f):
    file_attributes(f)
    for key, value in dict(created="2026-11-20T10:15:00Z", neurotape_version="0.1.0", host="h", command_line="c",
                           git_commit="", dt_unit="ms").items():
        text_attribute(f, key, value)
    f.attrs.create("dt", 0.1, dtype="<f8")
    config = f.create_group("config")
    for key, value in CONFIG.items():
        json_attribute(config, key, value)
    network = f.create_group("network_structure")
    neurons = network.create_group("neurons")
    neurons["ids"] = np.arange(100, dtype="<u8")
    neurons.create_dataset("x", data=golden(100, "f8"), chunks=(10,), compression="gzip")
    neurons["inhibitory"] = golden(100, "bool")
    connections = network.create_group("connections")
    connections["weights"] = golden(500, "f4")


def make_run(directory):
    run = os.path.join(directory, "golden_20261120_101500")
    os.makedirs(os.path.join(run, "episodes"))
    return run


def index(run, records):
    with h5py.File(os.path.join(run, "experiment_data.h5"), "w", libver="latest") as f:
        file_attributes(f)
        f["config"] = h5py.ExternalLink("setup.h5", "/config")
        f.create_group("episodes")
        table(f, "episodes_table", records, EPISODE)


def case_run(directory):
    """Every way in which an episode can be found once and twice."""
    run = make_run(directory)
    setup(run)
    own_file(run, 0)
    own_file(run, 2, mark=-1)                        # also in a segment
    segment(run, 1, [1, 2, 3], mark=1)
    segment(run, 2, [3, 4], mark=2)                  # 3 is in two: the one with more episodes counts
    segment(run, 3, [20, 21], mark=3)
    segment(run, 4, [20, 21], mark=4)                # as many: the later one
    own_file(run, 9999)
    own_file(run, 10000)
    own_file(run, 123456)
    own_file(run, 50, ".episode_0050.h5")            # transient
    shutil.copy(os.path.join(run, "episodes/segment_0001.h5"), os.path.join(run, "episodes/.segment_0009.h5"))
    for name in ["notes.txt", "episode_7.h5", "episode_00007.h5", "episode_0x07.h5", "segment_.h5"]:
        open(os.path.join(run, "episodes", name), "w").close()


def case_indexed(directory):
    """Files that the index knows are not even HDF5: whoever opened one would notice."""
    run = make_run(directory)
    setup(run)
    records = []
    for number in range(300):
        name = f"episodes/episode_{number:04}.h5"
        with open(os.path.join(run, name), "w") as f:
            f.write("not HDF5" * (number + 1))
        records.append(index_record(run, number, name, "/", "aborted" if number == 5 else "complete"))
    with open(os.path.join(run, "episodes/segment_0001.h5"), "w") as f:
        f.write("not HDF5 either")
    for number in range(300, 400):
        records.append(index_record(run, number, "episodes/segment_0001.h5", f"/episode_{number:04}"))
    index(run, records)
    own_file(run, 7)                                 # newer than its record
    own_file(run, 500)                               # without a record


def case_hostile_index(directory):
    run = make_run(directory)
    setup(run)
    own_file(run, 0)
    os.makedirs(os.path.join(directory, "episodes"))
    own_file(directory, 1)
    good = index_record(run, 0, "episodes/episode_0000.h5", "/")
    outside = index_record(run, 1, "../episodes/episode_0001.h5", "/")
    climbing = index_record(run, 2, "episodes/../../episodes/episode_0001.h5", "/")
    absolute = index_record(run, 3, os.path.join(directory, "episodes/episode_0001.h5")[-64:], "/") \
        if len(directory) < 40 else outside
    renamed = list(good)
    renamed[0] = 9                                   # another number than its file's
    index(run, [good, outside, climbing, absolute, tuple(renamed)])


def case_packed(directory):
    with h5py.File(os.path.join(directory, "packed.h5"), "w", libver="latest") as f:
        setup_content(f)
        episodes = f.create_group("episodes")
        for number in (0, 1, 12345):
            small_episode(episodes.create_group(f"episode_{number:04}"), number)
        episodes["episode_0002"] = h5py.ExternalLink("elsewhere.h5", "/")
        episodes["episode_0003"] = h5py.SoftLink("/episodes/episode_0000")


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


def case_large(directory):
    with episode_file(directory) as f:
        data = rows(20000, (100,), "float32")
        dense(f, "neural_states/v", data, chunk_rows=256)
        dense(f, "neural_states/one_chunk", data[:2000], chunk_rows=2000)
        spikes(f, "spikes/e", np.arange(500000) // 50, golden(500000, "u4"), chunk_rows=4096)


if __name__ == "__main__":
    globals()["case_" + sys.argv[1]](sys.argv[2])
