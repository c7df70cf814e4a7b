"""What must be true of a run that was recorded by fault_victim, whatever happened to it. h5py and numpy only.

`judge(run, told)` returns a list of faults; `told` are the lines that the victim wrote.
"""

import json
import os
import re

import h5py
import numpy as np

DENSE = re.compile(r"neural_states/v(\d+)$")


def is_rejected(t, stream, nan):
    """Of so many rows of the first dense stream the last has a NaN."""
    return (t % nan == nan - 1) if nan and stream == "neural_states/v0" else t < 0


def expected(stream, name, rows, first, width, nan=0):
    """The values of the first rows of a column."""
    t = np.arange(first, first + 2 * rows + 2)
    t = t[~is_rejected(t, stream, nan)][:rows]
    if dense := DENSE.match(stream):
        shift = int(dense[1])
        return t if name == "timesteps" else (t[:, None] * 31 + np.arange(width) + shift).astype(np.float32)
    if stream == "spikes/p":
        twice = np.arange(rows)
        return twice // 2 if name == "timesteps" else twice // 2 + twice % 2
    return {"timesteps": t * 8 if stream == "events" else t, "values": t / 4, "synapse_ids": t,
            "old_weights": t.astype(np.float32), "new_weights": (t / 2).astype(np.float32)}[name]


def columns_of(stream):
    if stream.startswith("neural_states/") or stream == "rewards":
        return ["timesteps", "values"]
    return {"spikes/p": ["timesteps", "neuron_ids"], "events": ["timesteps"],
            "weight_changes": ["timesteps", "synapse_ids", "old_weights", "new_weights"]}[stream]


def in_order(stream, name, found):
    """Spikes of several lanes: two in each timestep, which come in any order."""
    if stream != "spikes/p" or name != "neuron_ids" or len(found) % 2:
        return found
    return np.sort(found.reshape(-1, 2)).ravel()


def check_rows(episode, stream, rows, first, where, lanes, nan):
    faults = []
    for name in columns_of(stream):
        path = f"{stream}/{name}"
        if path not in episode:
            if rows:
                faults.append(f"{where}: {path} is not there, {rows} rows were safe")
            continue
        found = episode[path][:rows]
        found = in_order(stream, name, found) if lanes > 1 else found
        if len(found) < rows:
            faults.append(f"{where}: {path} has {len(found)} rows of {rows}")
        elif not np.array_equal(found, expected(stream, name, rows, first, found.shape[-1], nan)):
            faults.append(f"{where}: {path} has wrong values among its first {rows}")
    return faults


def check_gaps(episode, stream, rows, first, where, nan):
    """What was rejected for a NaN between the first and the last of these rows is listed, and no other row is."""
    if not rows:
        return []
    t = np.arange(first, int(episode[f"{stream}/timesteps"][rows - 1]))
    listed = [(int(gap["first_timestep"]), int(gap["last_timestep"]), int(gap["rows"]))
              for gap in (episode["gaps"][:] if "gaps" in episode else [])
              if (text_of(gap["stream"]), text_of(gap["cause"])) == (stream, "nan") and gap["first_timestep"] < first + len(t)]
    wanted = [(int(lost), int(lost), 1) for lost in t[is_rejected(t, stream, nan)]]
    return [] if listed == wanted else [f"{where}: gaps of {stream}: {listed[:3]}..., not {wanted[:3]}..."]


def check_events(episode, rows, where):
    """Types and JSON, behind the timesteps that check_rows() has seen."""
    if not rows:
        return []
    types, ends = episode["events/types"][:rows], episode["events/data_end"][:rows]
    text = episode["events/data"][:int(ends[-1])].tobytes() if len(ends) else b""
    faults = []
    if list(types) != [b"mark"] * rows:
        faults.append(f"{where}: events/types has {len(types)} rows of {rows}, or others than marks")
    try:
        data = [json.loads(text[begin:end]) for begin, end in zip([0, *ends[:-1]], ends)]
    except ValueError as error:
        data = f"{type(error).__name__}: {error}"
    if data != [{"t": 8 * i} for i in range(rows)]:
        faults.append(f"{where}: events/data are not those of the first {rows} events: {str(data)[:80]}")
    return faults


def check_chunk_index(episode, stream, rows, where, whole):
    """Its records of chunks whose rows are known to be right. `whole`: each chunk has one."""
    values = episode.get(f"{stream}/values")
    if values is None or not values.chunks or rows <= values.chunks[0]:
        return []  # none is needed
    step = values.chunks[0]
    records = episode[f"{stream}/chunk_index"][:] if f"{stream}/chunk_index" in episode else []
    timesteps = episode[f"{stream}/timesteps"][:rows]
    chunks = [timesteps[begin:begin + step] for begin in range(0, rows if whole else rows // step * step, step)]
    right = [(chunk[0], chunk[-1], len(chunk)) for chunk in chunks]
    found = [(record["first_timestep"], record["last_timestep"], record["rows"]) for record in records]
    # The last one that is full may be raw still: a commit that was due before it was encoded.
    least = len(right) if whole else len(right) - 1
    if found[:len(right)] != right[:len(found)] or len(found) < least or (whole and len(found) > least):
        return [f"{where}: {stream}/chunk_index has {len(found)} records of {len(right)}, or wrong ones"]
    return []


def text_of(value):
    return value.decode() if isinstance(value, bytes) else value


def check_attributes(episode, attributes, where):
    """Of the episode, and what its file says of the run."""
    wanted = {"seed": 7, "experiment_name": "run", "config": '{"learning_rate":0.25}'} | attributes
    found = {name: text_of(value) for name, value in [*episode.file.attrs.items(), *episode.attrs.items()]}
    return [f"{where}: the attribute {name} is {found.get(name)}, not {value}" for name, value in wanted.items()
            if found.get(name) != value]


def committed(episode):
    """Rows by path, as `commits` says."""
    by_id = {int(r["stream"]): int(r["rows"]) for r in episode["commits"][:]} if "commits" in episode else {}
    found = {}

    def visit(path, item):
        if isinstance(item, h5py.Dataset) and "stream_id" in item.attrs and path.endswith("timesteps"):
            found[path.rsplit("/", 1)[0]] = by_id.get(int(item.attrs["stream_id"]), 0)

    episode.visititems(visit)
    return found


def status_of(episode):
    status = episode.attrs["status"]
    return status.decode() if isinstance(status, bytes) else status


def check_episode(episode, rows, first, where, lossy, lanes, nan):
    """`rows`: what is known to be safe, by stream. `lossy`: streams that lost rows, and said so."""
    faults = []
    safe = dict(rows)
    unfinished = status_of(episode) in ("recording", "recovered")
    for stream, count in (committed(episode) if "commits" in episode else {}).items():
        if stream in lossy:
            continue
        safe[stream] = max(count, safe.get(stream, 0))
    if not unfinished:
        for stream in list(safe):
            path = f"{stream}/timesteps"
            safe[stream] = max(safe[stream], len(episode[path]) if path in episode else 0)
    for stream, count in safe.items():
        if stream in lossy:
            continue
        start = 0
        if dense := DENSE.match(stream):
            told = dict(enumerate(first or []))
            # One whose beginning was never told: it begins anywhere.
            start = told.get(int(dense[1]), int(episode[f"{stream}/timesteps"][0]) if count else 0)
        faults += check_rows(episode, stream, count, start, where, lanes, nan)
        if faults:
            continue
        faults += check_chunk_index(episode, stream, count, where, not unfinished)
        if DENSE.match(stream):
            faults += check_gaps(episode, stream, count, start, where, nan)
        if stream == "events":
            faults += check_events(episode, count, where)
    return faults


def finished_rows(rows, streams):
    return {f"neural_states/v{i}": rows for i in range(streams)} | {
        "spikes/p": 2 * rows, "rewards": rows, "weight_changes": rows, "events": (rows + 7) // 8}


def bytes_behind(path):
    """Of a file, behind what HDF5 uses of it: its superblock says where that ends. Version 0 is of other programs."""
    with open(path, "rb") as file:
        superblock = file.read(48)
    return os.path.getsize(path) - int.from_bytes(superblock[28:36], "little") if superblock[8] >= 2 else 0


def judge(run, told, recovered=False, torn=None):
    """\\param run directory of the run; None where it has not been made
    \\param recovered nothing may look as if it were still being recorded
    \\param torn takes the numbers of episodes that HDF5 finds torn, where that is no fault; wrong rows are
    """
    faults = []
    safe, first, attributes, finished, lossy, lanes, nan = {}, {}, {}, set(), set(), 1, 0
    for line in told:
        if "episode" in line:
            safe[line["episode"]], first[line["episode"]] = line["rows"], line["first"]
        elif "lossy" in line:
            lossy.update(line["lossy"])
        elif "lanes" in line:
            lanes, nan = line["lanes"], line["nan"]
        elif "finished" in line:
            finished.add(line["finished"])
            attributes[line["finished"]] = line.get("attributes", {})
            # Streams that were added later have told their rows.
            safe.setdefault(line["finished"], finished_rows(line["rows"], 1))
    seen = set()
    if run is None:
        return ["there is no run"] if safe else []
    episodes = os.path.join(run, "episodes")
    for name in sorted(os.listdir(episodes)) if os.path.isdir(episodes) else []:
        if name.startswith("."):
            continue
        path = os.path.join(episodes, name)
        if recovered and name.startswith("episode") and bytes_behind(path) != 0:
            faults.append(f"{name}: {bytes_behind(path)} bytes of reserve are left")
        try:
            with h5py.File(path, "r") as file:
                groups = {name[:-3]: file} if name.startswith("episode") else {
                    each: file[each] for each in file if each.startswith("episode")}
                for episode_name, group in groups.items():
                    number = int(episode_name.rsplit("_", 1)[1])
                    seen.add(number)
                    whole = number in finished
                    if recovered and status_of(group) == "recording":
                        faults.append(f"{name}: episode {number} is said to be recorded still")
                    if whole and status_of(group) != "complete" and name.startswith("segment"):
                        faults.append(f"{name}: episode {number} is {status_of(group)}")
                    where = f"{name}/{episode_name}"
                    faults += check_episode(group, safe.get(number, {}), first.get(number), where, lossy, lanes, nan)
                    # What was set meanwhile is written at the end; a file may stand beside the segment it has moved into.
                    unfinished = status_of(group) in ("recording", "recovered")
                    faults += check_attributes(group, {"maze": "T"} if unfinished else attributes.get(number, {}), where)
                    if not nan and len(group.get("gaps", [])) and not any("error" in line for line in told):
                        faults.append(f"{where}: gaps, though nothing was lost: {group['gaps'][:1]}")
        except (OSError, KeyError, RuntimeError, ValueError) as error:
            if torn is not None and name.startswith("episode"):  # segments get their names when they are whole
                torn.add(int(name[8:-3]))
            else:
                faults.append(f"{name}: {type(error).__name__}: {error}")
    seen |= torn or set()
    for number in (set(safe) | finished) - seen:
        faults.append(f"episode {number} is nowhere")
    return faults + check_index(run, torn or set()) + (check_setup(run) if safe or finished else [])


def check_index(run, torn):
    faults = []
    for name in ("experiment_data.h5", "setup.h5"):
        path = os.path.join(run, name)
        if not os.path.exists(path):
            continue
        try:
            with h5py.File(path, "r") as file:
                for link in set(file.get("episodes", {})) - {f"episode_{number:04}" for number in torn}:
                    file["episodes"][link].attrs["status"]
                if name == "setup.h5":
                    file.visit(lambda _: None)
        except (OSError, KeyError, RuntimeError) as error:
            faults.append(f"{name}: {type(error).__name__}: {error}")
    return faults


def check_setup(run):
    """What the victim saved before its first episode."""
    try:
        with h5py.File(os.path.join(run, "setup.h5"), "r") as file:
            found = dict(file["config"].attrs), file["network_structure/neurons/ids"][:].tolist()
        return [] if found == ({"learning_rate": 0.25}, [1, 2, 3]) else [f"setup.h5: {found}"]
    except (OSError, KeyError, RuntimeError) as error:
        return [f"setup.h5: {type(error).__name__}: {error}"]
