#!/usr/bin/env python3
"""Programs that know nothing of neurotape read, copy and change the episode files of a recorder that was killed.

    matrix.py VICTIM [--points N] [option=value]...

h5py (read, and r+), h5dump, h5ls, h5stat, h5repack; a program that is not installed is skipped with a word.
"""

import glob
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import h5py
import numpy as np

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from judge import committed, judge, status_of  # noqa: E402
from sweep import points_of, run_of, run_victim  # noqa: E402

POINTS = 0 if os.environ.get("NEUROTAPE_LONG_TESTS") else 10
EPISODE = "episode_0000.h5"
VICTIM = sys.argv[1]
PLUGINS = os.environ.setdefault("HDF5_PLUGIN_PATH", "/usr/lib/x86_64-linux-gnu/hdf5/serial/plugins")


def output_of(*command):
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    text = done.stdout.decode(errors="replace")
    return text, [] if done.returncode == 0 else [f"{command[0]} ends with {done.returncode}: {done.stderr[-200:]}"]


def lists(path, _run, _told):
    text, faults = output_of("h5ls", "-r", path)
    with h5py.File(path, "r") as file:
        names = []
        file.visit(names.append)
    return faults + [f"h5ls does not list {name}" for name in names if f"/{name} " not in text]


def statistics(path, _run, _told):
    text, faults = output_of("h5stat", path)
    return faults + ([] if "File information" in text else ["h5stat says nothing of the file"])


def dumps(path, _run, _told):
    """Every dataset, and one of them as bytes that are compared."""
    faults = output_of("h5dump", path)[1]
    out = path + ".bytes"
    with h5py.File(path, "r") as file:
        rows = committed(file).get("rewards", 0)
    if not rows:
        return faults
    faults += output_of("h5dump", "-d", "/rewards/values", "-b", "LE", "-o", out, path)[1]
    if not np.array_equal(np.fromfile(out, "<f8")[:rows], np.arange(rows) / 4):
        faults.append("h5dump has other rewards")
    return faults


def in_place_of(path, changed, run, told):
    """Judges the run with another file for its episode."""
    os.replace(changed, path)
    return judge(run, told)


def repacks(path, run, told):
    again = path + ".again"
    faults = output_of("h5repack", path, again)[1]
    return faults or ["repacked: " + fault for fault in in_place_of(path, again, run, told)]


def changes(path, run, told):
    with h5py.File(path, "r+") as file:
        file.attrs["remark"] = "looked at"
        file.create_dataset("analysis/mean", data=np.arange(1000.0), chunks=(100,))
    with h5py.File(path, "r") as file:
        right = file.attrs["remark"] == "looked at" and np.array_equal(file["analysis/mean"][:], np.arange(1000.0))
    return ([] if right else ["what r+ wrote is not there"]) + ["after r+: " + fault for fault in judge(run, told)]


def recovered(run, told):
    """`neurotape recover`, which has a journal of the files as they were."""
    status, found, errors = run_victim(VICTIM, run, {"recover": run})
    if status or errors:
        return [f"recovery ends with {status}: {errors} {found}"]
    return ["recovered: " + fault for fault in judge(run, told, recovered=True)]


def repacks_and_recovers(path, run, told):
    return repacks(path, run, told) + recovered(run, told)


def changes_and_recovers(path, run, told):
    faults = changes(path, run, told) + recovered(run, told)
    with h5py.File(path, "r") as file:
        if file.attrs.get("remark") != "looked at" or "analysis/mean" not in file:
            faults.append("recovery undoes what r+ wrote")
    return faults


WAYS = {"h5py": lambda _path, run, told: judge(run, told), "h5ls": lists, "h5stat": statistics, "h5dump": dumps,
        "h5repack": repacks_and_recovers, "h5py r+": changes_and_recovers}


def try_all(run, told, directory):
    """\\returns faults by way, each with a copy of its own"""
    found = {}
    for name, way in WAYS.items():
        copy = shutil.copytree(run, os.path.join(directory, "copy"))
        try:
            found[name] = way(os.path.join(copy, "episodes", EPISODE), copy, told)
        except (OSError, KeyError, RuntimeError) as error:
            found[name] = [f"{type(error).__name__}: {error}"]
        shutil.rmtree(copy)
    return found


def is_in_segment(path):
    for segment in glob.glob(os.path.join(os.path.dirname(path), "segment_*.h5")):
        with h5py.File(segment, "r") as file:
            if pathlib.Path(path).stem in file:
                return True
    return False


def main():
    victim, *arguments = sys.argv[1:]
    options = dict(argument.split("=") for argument in arguments)
    for tool in ("h5ls", "h5stat", "h5dump", "h5repack"):
        if shutil.which(tool) is None:
            print(f"skipped: no {tool} here")
            del WAYS[tool]
    with tempfile.TemporaryDirectory(prefix="neurotape_matrix_") as directory:
        calls = next(line["calls"] for line in run_victim(victim, directory, options | {"deed": "count"})[1]
                     if "calls" in line)
    tried = bad = 0
    for at in points_of(range(1, calls + 1), POINTS):
        with tempfile.TemporaryDirectory(prefix="neurotape_matrix_") as directory:
            _, told, _ = run_victim(victim, directory, options | {"deed": "kill", "at": str(at)})
            path = os.path.join(run_of(directory) or directory, "episodes", EPISODE)
            if not os.path.exists(path) or is_in_segment(path):  # before its first commit, or a copy that is to be removed
                continue
            with h5py.File(path, "r") as file:
                killed = status_of(file) == "recording"
            tried += killed
            for name, faults in try_all(run_of(directory), told, directory).items():
                bad += bool(faults)
                if faults:
                    print(f"call {at} of {calls}: {name}: {'; '.join(faults[:3])}", flush=True)
    print(f"{tried} killed files, {len(WAYS)} ways: {bad} bad")
    return bad != 0 or tried == 0


if __name__ == "__main__":
    sys.exit(main())
