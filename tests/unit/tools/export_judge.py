"""Checks exports with the rules that readers of these formats check, against the run as h5py reads it.

usage: export_judge.py csv|npz|json|sonata|nwb|minari RUN EXPORT
"""

import datetime
import json
import math
import os
import sys
import uuid

import h5py
import numpy as np
import pandas

DT_MS = 0.5
EPISODES = ["episode_0000", "episode_0001", "episode_0002"]


def recorded(run, episode):
    return h5py.File(os.path.join(run, "experiment_data.h5"))["episodes"][episode]


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def judge_csv(run, out):
    table = pandas.read_csv(os.path.join(out, "episodes.csv"))
    assert list(table["return"]) == [1.5, 1.5, 2.0] and list(table.length) == [4, 4, 3]
    for episode in EPISODES:
        source = recorded(run, episode)
        v = pandas.read_csv(os.path.join(out, episode, "neural_states/v.csv"))
        assert np.array_equal(v.timestep, source["neural_states/v/timesteps"])
        assert np.array_equal(v.iloc[:, 1:].to_numpy(np.float32), source["neural_states/v/values"], equal_nan=True)
        spikes = pandas.read_csv(os.path.join(out, episode, "spikes/exc.csv"))
        assert list(spikes.columns) == ["timestep", "neuron_id"]
        assert np.array_equal(spikes.neuron_id, source["spikes/exc/neuron_ids"])
        rewards = pandas.read_csv(os.path.join(out, episode, "rewards.csv"))
        assert np.array_equal(rewards.value, source["rewards/values"])
        changes = pandas.read_csv(os.path.join(out, episode, "weight_changes.csv"))
        assert np.array_equal(changes.new_weight, source["weight_changes/new_weights"])
        events = pandas.read_csv(os.path.join(out, episode, "events.csv"))
        assert json.loads(events["data"][0]) == {"region": "CA3, left"}


def judge_npz(run, out):
    for episode in EPISODES:
        source = recorded(run, episode)
        for path in ["neural_states/v", "behavior/position", "spikes/exc", "rewards", "weight_changes"]:
            with np.load(os.path.join(out, episode, path + ".npz"), allow_pickle=False) as arrays:
                columns = set(source[path]) - {"chunk_index"}
                assert columns <= set(arrays), path
                for name in columns:
                    assert np.array_equal(arrays[name], source[path][name], equal_nan=True), (path, name)
                assert (str(arrays["unit"]) if "unit" in arrays else "") == text(source[path].attrs.get("unit", b""))
        with np.load(os.path.join(out, episode, "events.npz"), allow_pickle=False) as arrays:
            events = [{"timestep": 2, "type": "lesion", "data": {"region": "CA3, left"}}]
            assert json.loads(str(arrays["json"])) == events and list(arrays["timesteps"]) == [2]


def judge_json(run, out):
    with open(os.path.join(out, "run.json")) as file:
        assert json.load(file)["config"] == {"learning_rate": 0.25}
    for episode in EPISODES:
        source = recorded(run, episode)
        with open(os.path.join(out, episode + ".json")) as file:
            told = json.load(file)
        assert told["id"] == episode and told["status"] == "complete" and told["dt"] == DT_MS
        assert set(told["streams"]) == {"behavior/position", "events", "neural_states/v", "rewards", "spikes/exc",
                                        "weight_changes"}
        v = told["streams"]["neural_states/v"]
        assert v["unit"] == "mV"
        frame = pandas.DataFrame(v["data"], columns=v["columns"])
        assert np.array_equal(frame.iloc[:, 1:].to_numpy(np.float32), source["neural_states/v/values"], equal_nan=True)
        assert told["streams"]["events"]["data"] == [[2, "lesion", {"region": "CA3, left"}]]


def is_text(attribute):
    """A variable-length UTF-8 string, as libsonata wants its units."""
    info = h5py.check_string_dtype(attribute.dtype)
    return info is not None and info.length is None and info.encoding == "utf-8"


def judge_sonata(run, out):
    for episode in EPISODES:
        source = recorded(run, episode)
        for name in ["spikes.h5", "v.h5"]:
            with h5py.File(os.path.join(out, episode, name)) as file:
                assert file.attrs["magic"] == 0x0A7A and file.attrs["magic"].dtype == np.uint32
                assert file.attrs["version"].dtype == np.uint32 and file.attrs["version"].shape == (2,)
        with h5py.File(os.path.join(out, episode, "spikes.h5")) as file:
            population = file["spikes/exc"]
            sorting = population.attrs.get_id("sorting")
            assert h5py.check_enum_dtype(sorting.dtype) == {"none": 0, "by_id": 1, "by_time": 2}
            assert population.attrs["sorting"] == 2
            times, ids = population["timestamps"], population["node_ids"]
            assert times.dtype == np.float64 and ids.dtype == np.uint64
            assert is_text(times.attrs.get_id("units")) and times.attrs["units"] == "ms"
            assert np.all(np.diff(times) >= 0)
            assert np.array_equal(times, source["spikes/exc/timesteps"][:] * DT_MS)
            assert np.array_equal(ids, source["spikes/exc/neuron_ids"])
        with h5py.File(os.path.join(out, episode, "v.h5")) as file:
            report = file["report/cortex"]
            data, mapping = report["data"], report["mapping"]
            assert data.dtype == np.float32 and data.attrs["units"] == "mV"
            assert np.array_equal(data, source["neural_states/v/values"], equal_nan=True)
            assert list(mapping["node_ids"]) == [0, 1, 2] and mapping["node_ids"].attrs["sorted"] == 1
            assert list(mapping["index_pointers"]) == [0, 1, 2, 3] == list(mapping["index_pointer"])
            assert mapping["element_ids"].dtype == np.uint32 and len(mapping["element_ids"]) == data.shape[1]
            start, stop, dt = mapping["time"]
            assert (start, dt) == (0, DT_MS) and stop == data.shape[0] * DT_MS
            assert mapping["time"].attrs["units"] == "ms"


def check_typed(object, kind, namespace="core"):
    assert text(object.attrs["neurodata_type"]) == kind, object.name
    assert text(object.attrs["namespace"]) == namespace, object.name
    uuid.UUID(text(object.attrs["object_id"]))


def check_series(series, data, timesteps, unit):
    check_typed(series, "TimeSeries")
    assert np.array_equal(series["data"], data, equal_nan=True)
    attributes = series["data"].attrs
    assert attributes["unit"] == unit and attributes["conversion"] == 1 and "resolution" in attributes
    assert series["timestamps"].attrs["unit"] == "seconds" and series["timestamps"].attrs["interval"] == 1
    assert np.allclose(series["timestamps"], np.asarray(timesteps) * DT_MS / 1000, rtol=0, atol=1e-15)


def judge_nwb(run, out):
    identifiers = set()
    for episode in EPISODES:
        source = recorded(run, episode)
        with h5py.File(os.path.join(out, episode + ".nwb")) as file:
            check_typed(file, "NWBFile")
            assert file.attrs["nwb_version"] == "2.7.0"
            for group in ["acquisition", "analysis", "processing", "stimulus/presentation", "stimulus/templates",
                          "general"]:
                assert isinstance(file[group], h5py.Group), group
            identifiers.add(file["identifier"][()])
            assert file["file_create_date"].shape == (1,)
            for name in ["session_start_time", "timestamps_reference_time"]:
                time = datetime.datetime.fromisoformat(text(file[name][()]))
                assert time.tzinfo is not None
            made = datetime.datetime.fromisoformat(text(file["file_create_date"][0]))
            assert abs(datetime.datetime.now(datetime.timezone.utc) - made) < datetime.timedelta(minutes=5)
            assert text(file["file_create_date"][0]) != text(file["session_start_time"][()])
            assert text(file["session_description"][()])

            v = source["neural_states/v"]
            check_series(file["acquisition/v"], v["values"], v["timesteps"], "mV")
            behavior = file["processing/behavior"]
            check_typed(behavior, "ProcessingModule")
            assert behavior.attrs["description"]
            position = source["behavior/position"]
            check_series(behavior["position"], position["values"], position["timesteps"], "m")
            check_series(behavior["rewards"], source["rewards/values"], source["rewards/timesteps"], "unknown")
            check_typed(behavior["events"], "AnnotationSeries")
            assert text(behavior["events/data"][0]) == 'lesion {"region":"CA3, left"}'

            units = file["units"]
            check_typed(units, "Units")
            assert list(units.attrs["colnames"]) == ["spike_times", "neuron_id", "population"]
            check_typed(units["id"], "ElementIdentifiers", "hdmf-common")
            check_typed(units["spike_times"], "VectorData", "hdmf-common")
            check_typed(units["spike_times_index"], "VectorIndex", "hdmf-common")
            assert file[units["spike_times_index"].attrs["target"]] == units["spike_times"]
            begins = [0, *units["spike_times_index"]]
            assert begins[-1] == len(units["spike_times"])
            for i, neuron in enumerate(units["neuron_id"]):
                steps = source["spikes/exc/timesteps"][:][source["spikes/exc/neuron_ids"][:] == neuron]
                train = units["spike_times"][begins[i]:begins[i + 1]]
                assert np.allclose(train, steps * DT_MS / 1000, rtol=0, atol=1e-15), "seconds, not milliseconds"
            assert len(units["id"]) == 4, "the silent neurons too"
            assert {text(name) for name in units["population"]} == {"exc"}

            trials = file["intervals/trials"]
            check_typed(trials, "TimeIntervals")
            assert list(trials.attrs["colnames"]) == ["start_time", "stop_time"]
            assert trials["start_time"][0] < trials["stop_time"][0] <= 4 * DT_MS / 1000
    assert len(identifiers) == len(EPISODES)


def bounds(space):
    assert space["type"] == "Box"
    low, high = np.array(space["low"], space["dtype"]), np.array(space["high"], space["dtype"])
    assert low.shape == high.shape == tuple(space["shape"])
    return low, high


def judge_minari(run, out):
    with open(os.path.join(out, "data/metadata.json")) as file:
        metadata = json.load(file)
    assert metadata["data_format"] == "hdf5" and metadata["minari_version"] == "0.5.3"
    assert metadata["jpeg_encoding"] is False and metadata["dataset_id"] == "lab/small-v1"
    observations = json.loads(metadata["observation_space"])
    low, high = bounds(observations)
    assert np.all(np.isneginf(low)) and np.all(np.isposinf(high)) and observations["shape"] == [3]
    action = json.loads(metadata["action_space"])
    assert action["shape"] == [2] and action["dtype"] == "float64"
    with h5py.File(os.path.join(out, "data/main_data.hdf5"), track_order=True) as file:
        assert list(file) == ["episode_0", "episode_1", "episode_2"], "nothing else at the root"
        assert metadata["total_episodes"] == 3 and metadata["total_steps"] == 10
        for i, episode in enumerate(file.values()):
            source = recorded(run, EPISODES[i])
            steps = episode.attrs["total_steps"]
            assert episode.attrs["id"] == i and steps == [4, 4, 2][i]
            assert episode["observations"].shape == (steps + 1, 3)
            assert np.array_equal(episode["observations"][:-1], source["neural_states/v/values"], equal_nan=True)
            assert np.array_equal(episode["actions"], source["behavior/position/values"])
            assert episode["rewards"].dtype == np.float64
            assert np.array_equal(episode["rewards"], source["rewards/values"])
            rewards = source["rewards/values"][:]
            for name, value in [("sum", rewards.sum()), ("mean", rewards.mean()), ("std", rewards.std()),
                                ("min", rewards.min()), ("max", rewards.max())]:
                assert math.isclose(episode.attrs["rewards_" + name], value), name
            for name, last in [("terminations", True), ("truncations", False)]:
                assert episode[name].dtype == np.bool_ and list(episode[name]) == [False] * (steps - 1) + [last]


if __name__ == "__main__":
    globals()["judge_" + sys.argv[1]](*sys.argv[2:])
    print("as it should be")
