"""Compares a run with what was expected of it: every value, bit by bit, with h5py.

    compare.py <run> <directory with expected.json and .npy files>

Also: finished chunks are filtered (only LZF may be masked), and chunk_index says what the chunks hold.
Exit code 0: all equal. Prints what differs, and how many columns were compared.
"""
import json
import sys

import h5py
import numpy as np

LZF = 32000
problems = []


def problem(*what):
    problems.append(" ".join(map(str, what)))


def bits(array):
    """Unsigned integers of the same bytes: NaNs compare too."""
    if array.dtype.kind == "S":
        return array
    return np.ascontiguousarray(array).view(f"u{array.dtype.itemsize}")


def compare_ordered(where, got, expected):
    for name, values in expected.items():
        if not np.array_equal(bits(got[name]), bits(values)):
            differs = np.nonzero((bits(got[name]) != bits(values)).reshape(len(values), -1).any(axis=1))[0]
            problem(where, name, "differs in", len(differs), "rows, the first is", differs[0])


def compare_merged(where, got, expected, group):
    names = sorted(expected, key=lambda name: name != "timesteps")

    def in_order(columns):
        order = np.lexsort([bits(columns[name]) for name in reversed(names)])
        return {name: columns[name][order] for name in names}

    compare_ordered(where, in_order(got), in_order(expected))
    rises = bool((np.diff(got["timesteps"]) >= 0).all())
    if rises != bool(group.attrs.get("sorted", 1)):
        problem(where, "sorted is", group.attrs.get("sorted", 1), "but the timesteps", "rise" if rises else "do not rise")


def check_masks(where, dataset):
    plist = dataset.id.get_create_plist()
    codes = [plist.get_filter(i)[0] for i in range(plist.get_nfilters())]
    allowed = sum(1 << i for i, code in enumerate(codes) if code == LZF)
    for i in range(dataset.id.get_num_chunks() if dataset.size else 0):
        mask = dataset.id.get_chunk_info(i).filter_mask
        if mask & ~allowed:
            problem(where, "chunk", i, "has the filter mask", mask, "of", codes)


def check_chunk_index(where, group, timesteps):
    widest = group["values"] if "values" in group else max((group[name] for name in group if name not in ("columns", "chunk_index")),
                 key=lambda d: d.dtype.itemsize * int(np.prod(d.shape[1:])))
    if "chunk_index" not in group:
        if widest.chunks and len(timesteps) > widest.chunks[0]:
            problem(where, "has no chunk_index, but", len(timesteps), "rows in chunks of", widest.chunks[0])
        return
    index = group["chunk_index"][:]
    ends = np.cumsum(index["rows"].astype("i8"))
    if len(ends) == 0 or ends[-1] != len(timesteps):
        problem(where, "chunk_index has", index["rows"].sum(), "rows of", len(timesteps))
        return
    for record, end in zip(index, ends):
        part = timesteps[end - int(record["rows"]):end]
        if (part.min(), part.max()) != (record["first_timestep"], record["last_timestep"]):
            problem(where, "chunk_index says", record, "but the rows have", part.min(), part.max())


def compare_stream(episode, entry, directory):
    where = f"{entry['episode']}/{entry['path']}"
    group = episode[entry["path"]]
    expected = {name: np.load(f"{directory}/{file}") for name, file in entry["columns"].items()}
    got = {}
    for name, values in expected.items():
        dataset = group[name]
        if dataset.dtype != values.dtype or dataset.shape != values.shape:
            problem(where, name, "expected", values.dtype, values.shape, "got", dataset.dtype, dataset.shape)
            return 0
        got[name] = dataset[()]
        check_masks(f"{where}/{name}", dataset)
    if entry["ordered"]:
        compare_ordered(where, got, expected)
        if not group.attrs.get("sorted", 1):
            problem(where, "is not sorted")
    else:
        compare_merged(where, got, expected, group)
    if entry["path"] != "events":
        check_chunk_index(where, group, got["timesteps"])
    return len(expected)


def main(run, directory):
    compared = 0
    with open(f"{directory}/expected.json") as file:
        entries = json.load(file)
    with h5py.File(f"{run}/experiment_data.h5", "r") as index:
        for entry in entries:
            episode = index["episodes"][entry["episode"]]
            if episode.attrs["status"] != b"complete":
                problem(entry["episode"], "is", episode.attrs["status"])
            compared += compare_stream(episode, entry, directory)
    for text in problems[:50]:
        print(text)
    print("compared:", compared)
    sys.exit(1 if problems or compared == 0 else 0)


main(*sys.argv[1:])
