"""Writes datasets through HDF5's own filters, each with a plain twin to compare with."""
import itertools
import sys

import h5py
import numpy as np

ROWS, CHUNK = 2500, 1000
random = np.random.default_rng(1)


def data(kind, dtype):
    dtype = np.dtype(dtype)
    if kind == "constant":
        return np.full(ROWS, 42, dtype) if dtype.kind != "S" else np.full(ROWS, b"lesion", dtype)
    if kind == "random":
        # No text ends in zeros here, which numpy would drop.
        return np.frombuffer(random.bytes(ROWS * dtype.itemsize).replace(b"\0", b"\1"), dtype)
    smooth = -65 + 10 * np.sin(np.arange(ROWS) * 1e-2)
    return smooth.astype(dtype) if dtype.kind != "S" else np.array([b"%.3f" % v for v in smooth], dtype)


def checksum_first(plist):
    plist.set_fletcher32()
    plist.set_shuffle()
    plist.set_deflate(6)


with h5py.File(sys.argv[1], "w") as file:
    stored, expected = file.create_group("stored"), file.create_group("expected")
    compressions = [(None, None), ("lzf", None)] + [("gzip", level) for level in (0, 1, 6, 9)]
    if h5py.h5z.filter_avail(32001):
        compressions += [(32001, (0, 0, 0, 0, 5, 1, 1)), (32001, (0, 0, 0, 0, 9, 2, 5))]
    for dtype, kind in itertools.product(("u1", "i2", "f4", "f8", "S5", "S64"), ("constant", "smooth", "random")):
        values = data(kind, dtype)
        for (compression, options), shuffle, checksum in itertools.product(compressions, (False, True), (False, True)):
            name = f"{dtype} {kind} {compression} {options} {shuffle} {checksum}"
            stored.create_dataset(name, data=values, chunks=(CHUNK,), compression=compression,
                                  compression_opts=options, shuffle=shuffle, fletcher32=checksum)
            expected.create_dataset(name, data=values)

        name = f"{dtype} {kind} checksum first"
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk((CHUNK,))
        checksum_first(plist)
        twin = expected.create_dataset(name, data=values)
        made = h5py.h5d.create(stored.id, name.encode(), twin.id.get_type(), twin.id.get_space(), plist)
        h5py.Dataset(made)[...] = values
    print("written:", len(expected))
