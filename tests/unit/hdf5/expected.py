"""The rows of feed.cpp, computed anew; and short names for the checks."""
import json
import os

from pathlib import Path

import h5py as h5
import numpy as np


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def rows(dataset, count=None, name=None):
    """What a dataset of feed.cpp holds in its first `count` rows."""
    count = len(dataset) if count is None else count
    shape = (count,) + dataset.shape[1:]
    number = np.arange(int(np.prod(shape)), dtype="u8").reshape(shape)
    row = np.arange(count, dtype="u8").reshape((count,) + (1,) * (len(shape) - 1))
    kind = dataset.dtype
    if kind.kind == "S":
        return np.array([b"event_%d" % i for i in range(count)], dtype=kind)
    if kind == "i8":
        return np.broadcast_to(row.astype("i8") * 3, shape)
    if kind == "u8":
        return np.broadcast_to(row + 1, shape)
    if kind == "u4":
        return (number * 7 % 1000).astype("u4")
    if kind == bool:
        return (number % 2).astype(bool)
    if kind.kind == "f":
        return (number * 0.5).astype(kind)
    return (number % 251).astype(kind)


def same(dataset, count, at_least=False):
    assert len(dataset) == count or (at_least and len(dataset) > count), (dataset.name, len(dataset), count)
    values = dataset[:count]
    assert np.array_equal(values, rows(dataset, count)), (dataset.name, values, rows(dataset, count))


def committed(file):
    """Rows of each stream by number, as `commits` says."""
    return {int(r["stream"]): int(r["rows"]) for r in file["commits"][:]}


def members(group):
    found = []
    group.visit(found.append)
    return sorted(found)
