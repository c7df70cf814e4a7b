"""Writes files of SONATA and Minari as other programs do, some of them wrong.

usage: import_sources.py sonata|compartments|large|minari|wrong DIRECTORY
"""

import json
import os
import sys

import h5py
import numpy as np

MS = "ms"


def sonata_file(path):
    file = h5py.File(path, "w")
    file.attrs["magic"] = np.uint32(0x0A7A)
    file.attrs["version"] = np.array([0, 1], np.uint32)
    return file


def population(file, name, times, ids, units=MS):
    group = file.create_group("spikes/" + name)
    group["timestamps"] = np.asarray(times, np.float64)
    if units:
        group["timestamps"].attrs["units"] = units
    group["node_ids"] = ids


def report(file, name, data, node_ids, pointers, elements, time, units="mV"):
    group = file.create_group("report/" + name)
    group["data"] = data
    group["data"].attrs["units"] = units
    mapping = group.create_group("mapping")
    mapping["node_ids"] = np.asarray(node_ids, np.uint64)
    mapping["index_pointers"] = np.asarray(pointers, np.uint64)
    mapping["element_ids"] = np.asarray(elements, np.uint32)
    mapping["time"] = np.asarray(time, np.float64)
    mapping["time"].attrs["units"] = MS


def sonata(directory):
    """Spikes by id, of two populations, and a report of some nodes whose rows are every fifth timestep."""
    random = np.random.default_rng(1)
    with sonata_file(os.path.join(directory, "spikes.h5")) as file:
        ids = np.repeat(np.arange(50), 40)
        population(file, "exc", random.uniform(0, 100, ids.size), ids.astype(np.int64), "milliseconds")
        population(file, "big", [3.3, 3.3000000000000003, 0.05], np.array([2**40, 1, 2], np.uint64))
        population(file, "silent", [], np.array([], np.uint64))
    with sonata_file(os.path.join(directory, "v.h5")) as file:
        report(file, "exc", random.normal(size=(200, 3)).astype(np.float32), [7, 3, 40], [0, 1, 2, 3], [0, 0, 0],
               [0.5, 100.5, 0.5])
    with h5py.File(os.path.join(directory, "ecp.h5"), "w") as file:
        file["ecp/data"] = np.zeros((3, 2))


def compartments(directory):
    with sonata_file(os.path.join(directory, "v.h5")) as file:
        report(file, "a", np.arange(12.0).reshape(4, 3), [5, 9], [0, 2, 3], [0, 1, 0], [0, 0.4, 0.1])
        report(file, "b", np.arange(8.0, dtype=np.float32).reshape(4, 2), [1], [0, 2], [3, 4], [0, 0.4, 0.1])


def large(directory):
    """More spikes than are sorted at once, and all those of a timestep are."""
    random = np.random.default_rng(2)
    with sonata_file(os.path.join(directory, "large.h5")) as file:
        times = random.uniform(0, 1000, 2_400_000).round(3)
        population(file, "p", times, random.integers(0, 1000, times.size))


def flags(group, name, values):
    group[name] = np.asarray(values, bool)


def minari(directory):
    """Three episodes: nested observations, discrete actions, infos."""
    os.makedirs(os.path.join(directory, "data"))
    random = np.random.default_rng(3)
    with h5py.File(os.path.join(directory, "data/main_data.hdf5"), "w", track_order=True) as file:
        for number, steps in enumerate([5, 3, 1]):
            episode = file.create_group(f"episode_{number}")
            episode.attrs["id"] = number
            episode.attrs["total_steps"] = steps
            if number != 1:
                episode.attrs["seed"] = 100 + number
            episode.attrs["rewards_sum"] = 1.0
            episode.attrs["weather"] = "rain"
            rows = steps + 1
            episode["observations/camera/left"] = random.integers(0, 255, (rows, 4, 3, 3)).astype(np.uint8)
            episode["observations/joints"] = random.normal(size=(rows, 2))
            episode["observations/pair/_index_0"] = np.arange(rows)
            episode["observations/pair/_index_1"] = random.normal(size=(rows, 1)).astype(np.float32)
            episode["actions"] = random.integers(0, 4, steps)
            episode["rewards"] = random.normal(size=steps)
            flags(episode, "terminations", [False] * (steps - 1) + [number == 0])
            flags(episode, "truncations", [False] * (steps - 1) + [number != 0])
            episode["infos/qpos"] = random.normal(size=(rows, 2))
            episode["infos/deep/x"] = np.arange(steps)
            episode["infos/label"] = ["a"] * rows
    metadata = {"data_format": "hdf5", "dataset_id": "lab/robot-v3", "minari_version": "0.5.3",
                "action_space": json.dumps({"type": "Discrete", "dtype": "int64", "start": 0, "n": 4})}
    with open(os.path.join(directory, "data/metadata.json"), "w") as file:
        json.dump(metadata, file)


def wrong(directory):
    def episode(name, change):
        with h5py.File(os.path.join(directory, name + ".hdf5"), "w") as file:
            group = file.create_group("episode_0")
            group.attrs["total_steps"] = 2
            group["observations"] = np.zeros((3, 4), np.float32)
            group["actions"] = np.zeros(2, np.int64)
            group["rewards"] = np.zeros(2)
            flags(group, "terminations", [0, 1])
            flags(group, "truncations", [0, 0])
            change(group)

    def replace(name, value):
        def change(group):
            del group[name]
            group[name] = value
        return change

    episode("no_actions", lambda group: group.pop("actions"))
    episode("short_observations", replace("observations", np.zeros((2, 4))))
    episode("long_rewards", replace("rewards", np.zeros(3)))
    episode("texts", replace("observations", ["a", "b", "c"]))
    episode("no_flags", replace("terminations", np.zeros(2)))

    def spikes(name, times, ids, units=MS):
        with sonata_file(os.path.join(directory, name + ".h5")) as file:
            population(file, "p", times, ids, units)

    spikes("nan", [1, np.nan], [0, 1])
    spikes("negative", [1, 2], np.array([0, -1]))
    spikes("lengths", [1, 2], [0])
    with sonata_file(os.path.join(directory, "flat.h5")) as file:
        report(file, "p", np.zeros(4), [0], [0, 1], [0], [0, 1, 0.5])
    with sonata_file(os.path.join(directory, "pointers.h5")) as file:
        report(file, "p", np.zeros((4, 2)), [0, 1], [0, 1, 3], [0, 0], [0, 1, 0.5])
    with sonata_file(os.path.join(directory, "elements.h5")) as file:
        report(file, "p", np.zeros((4, 2)), [0, 1], [0, 1, 2], [0], [0, 1, 0.5])
    with sonata_file(os.path.join(directory, "time.h5")) as file:
        report(file, "p", np.zeros((4, 1)), [0], [0, 1], [0], [0, 1, 0])
    with sonata_file(os.path.join(directory, "units.h5")) as file:
        population(file, "p", [1], [0], "s")
        population(file, "q", [1], [0], MS)


if __name__ == "__main__":
    globals()[sys.argv[1]](sys.argv[2])
