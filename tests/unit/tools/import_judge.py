"""Compares imported runs with what they were made of, as h5py reads both.

usage: import_judge.py sonata|minari SOURCE RUN
"""

import glob
import os
import sys

import h5py
import numpy as np


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def episodes_of(run):
    with h5py.File(os.path.join(run, "experiment_data.h5")) as file:
        return [dict_of(file["episodes"][name]) for name in sorted(file["episodes"])]


def dict_of(group):
    """All datasets and attributes by path."""
    found = {"@" + name: value for name, value in group.attrs.items()}

    def add(path, item):
        if isinstance(item, h5py.Dataset):
            found[path] = item[()]
        found.update({path + "@" + name: value for name, value in item.attrs.items()})

    group.visititems(add)
    return found


def same(a, b):
    a, b = np.asarray(a), np.asarray(b)
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def judge_spikes(group, name, episode):
    ids = group["node_ids" if "node_ids" in group else "gids"][:]
    times = group["timestamps"][:]
    order = np.argsort(times, kind="stable")
    steps = times[order] / episode["@dt"]
    near = np.round(steps)
    steps = np.where(np.abs(steps - near) <= 1e-6, near, np.floor(steps)).astype(np.int64)
    path = "spikes/" + name + "/"
    assert same(episode[path + "timesteps"], steps), path
    assert np.array_equal(episode[path + "neuron_ids"], ids[order]), path
    kept = episode.get(path + "times")
    assert same(steps * episode["@dt"] if kept is None else kept, times[order]), path
    return ids.size


def judge_report(group, name, episode):
    path = "neural_states/" + name + "/"
    assert same(episode[path + "values"], group["data"][:]), path
    assert text(episode.get(path[:-1] + "@unit", "")) == text(group["data"].attrs.get("units", ""))
    start, _, dt = group["mapping/time"][:]
    times = start + dt * np.arange(group["data"].shape[0])
    assert np.allclose(episode[path + "timesteps"] * episode["@dt"], times, rtol=0, atol=1e-6 * dt * len(times))
    nodes = group["mapping/node_ids" if "node_ids" in group["mapping"] else "mapping/gids"][:]
    if nodes.size == group["data"].shape[1]:
        assert np.array_equal(episode.get(path + "columns", np.arange(nodes.size)), nodes), path


def judge_sonata(source, run):
    paths = [source] if os.path.isfile(source) else sorted(glob.glob(os.path.join(source, "*.h5")))
    (episode,) = episodes_of(run)
    judged = 0
    for path in paths:
        with h5py.File(path) as file:
            spikes = file.get("spikes", {})
            for name, group in {"default": spikes}.items() if "timestamps" in spikes else spikes.items():
                judge_spikes(group, name, episode)
                judged += 1
            for name, group in file.get("report", {}).items():
                stem = os.path.splitext(os.path.basename(path))[0]
                judge_report(group, stem if len(file["report"]) == 1 else stem + "_" + name, episode)
                judged += 1
    assert judged == len([name for name in episode if name.endswith(("/values", "/neuron_ids"))])


def judge_minari(source, run):
    with h5py.File(os.path.join(source, "data/main_data.hdf5")) as file:
        found = episodes_of(run)
        assert len(found) == len(file)
        for number, episode in enumerate(found):
            group = file[f"episode_{number}"]
            steps = group.attrs["total_steps"]
            streams = {"observation.camera.left": "observations/camera/left", "observation.joints": "observations/joints",
                       "observation.pair._index_0": "observations/pair/_index_0",
                       "observation.pair._index_1": "observations/pair/_index_1", "action": "actions",
                       "terminated": "terminations", "truncated": "truncations", "info.qpos": "infos/qpos",
                       "info.deep.x": "infos/deep/x"}
            for name, path in streams.items():
                values = episode["behavior/" + name + "/values"]
                assert same(values, group[path][:]), name
                assert np.array_equal(episode["behavior/" + name + "/timesteps"], np.arange(len(values))), name
            assert same(episode["rewards/values"], group["rewards"][:])
            assert np.array_equal(episode["rewards/timesteps"], np.arange(steps))
            assert episode.get("@seed") == group.attrs.get("seed")
            assert bool(episode["@terminated"]) == group["terminations"][-1]
            assert bool(episode["@truncated"]) == group["truncations"][-1]
            assert text(episode["@weather"]) == "rain"


if __name__ == "__main__":
    globals()["judge_" + sys.argv[1]](*sys.argv[2:])
    print("as it should be")
