"""Prints what h5py sees of a run, as JSON.

    {"setup": object, "config": attributes, "episodes": {"episode_0000": object}}
    object = {"attributes": {}, "groups": {path: attributes}, "datasets": {path: dataset}}
    dataset = {"dtype", "shape", "chunks", "filters": [[id, parameters]], "stored_bytes", "attributes", "values"}

Values of large datasets are left out. Episodes are reached through the links of the index.
"""
import json
import sys

import h5py
import numpy as np

MOST_VALUES = 5000


def plain(value):
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, np.ndarray):
        return [plain(item) for item in value]
    if isinstance(value, np.void):
        return {name: plain(value[name]) for name in value.dtype.names}
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    return value


def attributes(item):
    return {name: plain(value) for name, value in item.attrs.items()}


def filters(dataset):
    plist = dataset.id.get_create_plist()
    chain = (plist.get_filter(i) for i in range(plist.get_nfilters()))
    return [[code, list(parameters)] for code, _, parameters, _ in chain]


def dataset_of(dataset):
    return {
        "dtype": dataset.dtype.name,
        "shape": list(dataset.shape),
        "chunks": dataset.chunks and list(dataset.chunks),
        "filters": filters(dataset),
        "stored_bytes": dataset.id.get_storage_size(),
        "attributes": attributes(dataset),
        "values": plain(dataset[()]) if dataset.size <= MOST_VALUES else None,
    }


def object_of(group):
    seen = {"attributes": attributes(group), "groups": {}, "datasets": {}}

    def visit(path, item):
        if isinstance(item, h5py.Dataset):
            seen["datasets"][path] = dataset_of(item)
        else:
            seen["groups"][path] = attributes(item)

    group.visititems(visit)
    return seen


def main(run):
    with h5py.File(f"{run}/setup.h5", "r") as setup, h5py.File(f"{run}/experiment_data.h5", "r") as index:
        episodes = index["episodes"] if "episodes" in index else {}
        seen = {
            "setup": object_of(setup),
            "config": attributes(setup["config"]) if "config" in setup else {},
            "episodes": {name: object_of(episodes[name]) for name in episodes},
        }
        json.dump(seen, sys.stdout)


main(sys.argv[1])
