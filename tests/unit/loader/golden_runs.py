"""Whole runs: directories of files, with and without an index, packed files, those of the older exporter."""

import os
import shutil

import h5py
import numpy as np

from golden_file import CONFIG, episode_file
from neurotape_h5 import *


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


def case_exporter(directory):
    """As the older Python exporter wrote them: one file, dense arrays of any name, gzip or lzf, metadata beside."""
    with open(os.path.join(directory, "config.json"), "w") as side:
        side.write('{"learning_rate": 0.5}')
    with open(os.path.join(directory, "metadata.json"), "w") as side:
        side.write('{"version": "0.3", "created": "2024-03-01T10:00:00"}')
    with h5py.File(os.path.join(directory, "experiment_data.h5"), "w") as f:
        f.attrs["experiment_name"] = "maze"
        first, second = f.create_group("episodes/episode_0000"), f.create_group("episodes/episode_0001")
        first.attrs["success"] = True
        states = first.create_group("neural_states")
        states["timesteps"] = np.arange(0, 3000, 10)
        v = states.create_dataset("v", data=np.arange(1200, dtype="f4").reshape(300, 4), compression="gzip",
                                  chunks=(64, 4))
        v.attrs["unit"] = "mV"
        states.create_dataset("firing", data=np.arange(600).reshape(300, 2) % 2 == 1, compression="lzf")
        states["temperature"] = 36.5
        first.create_dataset("behavior/position", data=np.arange(500, dtype="f8").reshape(250, 2), compression="lzf")
        first["rewards"] = np.full(250, 0.25)
        first["spikes/timesteps"], first["spikes/neuron_ids"] = np.arange(20) // 2, np.arange(20)
        second["neural_states/v/timesteps"] = np.array([5, 7])
        second["neural_states/v/values"] = np.zeros((2, 3), "f4")
        second["spikes/inh/timesteps"], second["spikes/inh/neuron_ids"] = np.array([9]), np.array([1], "u4")
        second["rewards/values"], second["rewards/timesteps"] = np.array([1.0, 2.0]), np.array([5, 6])
