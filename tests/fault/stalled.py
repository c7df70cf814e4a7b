#!/usr/bin/env python3
"""What fault_stall left behind after the disk stood still: every row is there or in `gaps`, and memory stayed bounded.

    stalled.py PROGRAM [--memory] [option=value]...

--memory: the process must never have had more resident than its cap and 64 MiB.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import h5py
import numpy as np

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from sweep import run_of  # noqa: E402

MOST_BESIDE_IT = 64 << 20
SPIKES = 10
WIDTH = 2000
MOST_SECONDS = 300


def check_timesteps(path, timesteps, gaps, rows, a_timestep):
    """All timesteps are there or in a gap, and as many rows as were offered."""
    faults = []
    there = np.zeros(rows, bool)
    there[timesteps] = True
    covered = there.copy()
    for gap in gaps:
        covered[gap["first_timestep"]:gap["last_timestep"] + 1] = True
    if not covered.all():
        faults.append(f"{path}: timestep {np.argmin(covered)} is neither there nor in a gap")
    lost = sum(int(gap["rows"]) for gap in gaps)
    if len(timesteps) + lost != rows * a_timestep:
        faults.append(f"{path}: {len(timesteps)} rows and {lost} lost ones of {rows * a_timestep}")
    return faults


def check_dense(path, group, gaps, rows, shift):
    timesteps = group["timesteps"][:]
    faults = check_timesteps(path, timesteps, gaps, rows, 1)
    for begin in range(0, len(timesteps), 1000):
        t = timesteps[begin:begin + 1000]
        should = (t[:, None] * 31 + np.arange(WIDTH) + shift).astype(np.float32)
        if not np.array_equal(group["values"][begin:begin + 1000], should):
            faults.append(f"{path}: wrong values from row {begin} on")
    return faults


def check_spikes(path, group, gaps, rows):
    timesteps = group["timesteps"][:]
    faults = check_timesteps(path, timesteps, gaps, rows, SPIKES)
    whole = np.unique(timesteps)
    if not np.array_equal(timesteps, np.repeat(whole, SPIKES)):
        faults.append(f"{path}: timesteps are not whole")
    elif not np.array_equal(group["neuron_ids"][:], (whole[:, None] * SPIKES + np.arange(SPIKES)).ravel()):
        faults.append(f"{path}: wrong neurons")
    return faults


def episode_of(run):
    folder = os.path.join(run, "episodes")
    name = os.path.join(folder, sorted(os.listdir(folder))[0])
    file = h5py.File(name, "r")
    return file if "episode_id" in file.attrs else file["episode_0000"]


def check(run, told, rows, producers, overflow, stalled):
    episode = episode_of(run)
    faults = []
    gaps = episode["gaps"][:] if "gaps" in episode else []
    for number in range(producers):
        dense, spikes = f"neural_states/v{number}", f"spikes/p{number}"
        of = {path: [gap for gap in gaps if gap["stream"].decode() == path] for path in (dense, spikes)}
        faults += check_dense(dense, episode[dense], of[dense], rows, number)
        faults += check_spikes(spikes, episode[spikes], of[spikes], rows)
    offered = rows * producers * (1 + SPIKES)
    if told["offered"] != offered or told["recorded"] + told["dropped"] != offered:
        faults.append(f"{offered} rows were offered, the recorder counts {told}")
    if told["committed"] != told["recorded"]:
        faults.append("not all that was recorded is committed")
    if told["dropped"] if overflow == "block" else stalled and not told["dropped"]:
        faults.append(f"{overflow} dropped {told['dropped']} rows")
    return faults


def main():
    program, *arguments = sys.argv[1:]
    options = dict(argument.split("=") for argument in arguments if "=" in argument)
    if os.environ.get("NEUROTAPE_LONG_TESTS") and options.get("call") != "none":
        options["hold"] = "30"
    with tempfile.TemporaryDirectory(prefix="neurotape_stalled_") as directory:
        done = subprocess.run([program, directory, *(f"{key}={value}" for key, value in options.items())],
                              stdout=subprocess.PIPE, timeout=MOST_SECONDS, check=True)
        told = json.loads(done.stdout)
        overflow = options.get("overflow", "block")
        faults = check(run_of(directory), told, int(options.get("rows", "8000")), int(options.get("producers", "4")),
                       overflow, options.get("call") != "none")
    never_waits = overflow in ("drop_newest", "decimate")
    if never_waits and (told["waits"] or not told["returned_while_stalled"]):
        faults.append("calls waited")
    if "--memory" in arguments and told["resident"] > int(options.get("cap", "64")) * 10**6 + MOST_BESIDE_IT:
        faults.append(f"{told['resident'] / 1e6:.1f} MB were resident")
    print(f"{options}: {told}", *faults[:10], sep="\n")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
