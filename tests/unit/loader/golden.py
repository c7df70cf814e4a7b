#!/usr/bin/env python3
"""Makes the files that the tests of the loader read: golden.py <case> <directory>."""

import os
import sys

import h5py
import numpy as np

from golden_damage import *
from golden_file import episode_file
from golden_runs import *
from neurotape_h5 import *

DTYPES = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64", "bool"]


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
        foreign("scale_offset_lzf", data=data, chunks=(64, 5), scaleoffset=3, compression="lzf")
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


def case_large(directory):
    with episode_file(directory) as f:
        data = rows(20000, (100,), "float32")
        dense(f, "neural_states/v", data, chunk_rows=256)
        dense(f, "neural_states/one_chunk", data[:2000], chunk_rows=2000)
        spikes(f, "spikes/e", np.arange(500000) // 50, golden(500000, "u4"), chunk_rows=4096)


if __name__ == "__main__":
    globals()["case_" + sys.argv[1]](sys.argv[2])
