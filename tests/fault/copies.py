#!/usr/bin/env python3
"""SIGKILL, by strace, before each call that changes a file, of the commands that make one run or file of another.

    copies.py [--points N] TOOL VICTIM COMMAND...

COMMAND: the command's words, to which the output is added; RUN, KILLED (the run of a recorder that was killed), PACKED, SONATA,
MINARI, CSV and NPZ among them stand for what was made before. Whatever is killed: the sources stay as they were, the output
is whole or not there, and the same command makes it afterwards.
--points: how many of the calls of each name, spread evenly; 0, or NEUROTAPE_LONG_TESTS: all.
"""

import argparse
import collections
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import h5py
import numpy as np

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from sweep import points_of, run_of, run_victim  # noqa: E402

SKIPPED = 77
MOST_SECONDS = 120
CALLS = ["pwrite64", "write", "ftruncate", "fallocate", "fsync", "fdatasync", "mkdir", "mkdirat", "rename", "renameat",
         "renameat2", "unlink", "unlinkat", "sendfile", "copy_file_range"]
MINARI = ["--observations", "neural_states/v0", "--actions", "neural_states/v0"]
OF_THE_MOMENT = {"created", "started", "ended", "episodes_table", "file_create_date", "object_id"}
SOURCES = {"PACKED": ["pack", "RUN"], "SONATA": ["export", "RUN", "--to", "sonata", "--dt-ms", "0.1"],
           "MINARI": ["export", "RUN", "--to", "minari", *MINARI], "CSV": ["export", "RUN", "--to", "csv"],
           "NPZ": ["export", "RUN", "--to", "npz"]}


def files_of(path):
    """All files at or below a path that have their names, by their names in it."""
    if os.path.isfile(path):
        return {"": path}
    return {os.path.relpath(os.path.join(folder, name), path): os.path.join(folder, name)
            for folder, _, names in os.walk(path) for name in names}


def members(name, path):
    """What is in a file, by the names of its members."""
    if h5py.is_hdf5(path):
        with h5py.File(path) as file:
            found = {(name, "/", key): repr(value) for key, value in file.attrs.items()}

            def add(member, item):
                found.update({(name, member, key): repr(value) for key, value in item.attrs.items()})
                if isinstance(item, h5py.Dataset):
                    values = np.asarray(item[()])
                    found[name, member] = repr(values.tolist()) if item.dtype.hasobject else values.tobytes()

            file.visititems(add)
        return found
    if path.endswith(".npz"):
        with np.load(path, allow_pickle=False) as arrays:
            return {(name, member): (str(arrays[member].dtype), arrays[member].shape, arrays[member].tobytes())
                    for member in arrays.files}
    return {(name,): pathlib.Path(path).read_bytes()}


def content(path):
    found = {key: value for name, file in files_of(path).items() for key, value in members(name, file).items()}
    return {key: None if key[-1] in OF_THE_MOMENT else value for key, value in found.items()}


def raw_bytes(paths):
    return {file: pathlib.Path(file).read_bytes() for path in paths for file in files_of(path).values()}


def run(command, status=0):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=MOST_SECONDS, check=False)
    assert done.returncode == status, f"{command} ends with {done.returncode}: {done.stderr.decode(errors='replace')}"


def count_calls(command, directory):
    """\\returns for each call by name, how many the busiest thread makes: strace counts them so, too."""
    log = os.path.join(directory, "calls")
    run(["strace", "-f", "-qq", "-o", log, "-e", "signal=none", "-e", "trace=" + ",".join(CALLS), *command])
    counts = collections.Counter()
    with open(log, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if found := re.match(r"(\d+)\s+(\w+)\(", line):
                counts[found[2], found[1]] += 1
    os.remove(log)
    return {call: max(count for (name, _), count in counts.items() if name == call) for call, _ in counts}


def faults_of(command, output, sources, before, expected):
    """After a kill; `expected`: the content of an output that is whole."""
    faults = []
    if raw_bytes(sources) != before:
        faults.append("a source has changed")
    if os.path.exists(output) and command[1] == "recover":  # a copy that is whole is recovered where it is
        run([command[0], "recover", output])
    if os.path.exists(output) and content(output) != expected:
        faults.append("the output has its name, and is not whole")
    remove(output)
    run(command)
    if content(output) != expected:
        faults.append("repeated, it makes something else")
    return faults


def remove(output):
    """With what a killed process left beside it."""
    folder, name = os.path.split(output)
    for entry in os.listdir(folder):
        if entry == name or entry.startswith(f".{name}."):
            path = os.path.join(folder, entry)
            shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)


def others(output):
    """What stands beside the output and is neither it nor its rest."""
    folder, name = os.path.split(output)
    return {entry for entry in os.listdir(folder) if entry != name and not entry.startswith(f".{name}.")}


def recorded(victim, directory, end, options):
    os.mkdir(directory)
    status, _, errors = run_victim(victim, directory, {"beats": "2", "small": "3", "rows": "30"} | options)
    assert status == end and not errors, errors
    return run_of(directory)


def sweep(arguments, directory):
    tool = arguments.tool
    places = {"RUN": recorded(arguments.victim, os.path.join(directory, "recorded"), 0, {}),
              "KILLED": recorded(arguments.victim, os.path.join(directory, "killed"), -9, {"deed": "kill", "at": "300"})}
    for word, source in SOURCES.items():
        if word in arguments.command:
            places[word] = os.path.join(directory, word.lower() + (".h5" if word == "PACKED" else ""))
            run([tool, *(places.get(part, part) for part in source), "-o", places[word]])
    sources = [place for word, place in places.items() if word in arguments.command]
    output = os.path.join(directory, "output.h5" if arguments.command[0] == "pack" else "output")
    command = [tool, *(places.get(part, part) for part in arguments.command), output]
    before = raw_bytes(sources)
    counts = count_calls(command, directory)
    expected = content(output)
    remove(output)
    inputs = others(output)
    points = [(call, at) for call, count in sorted(counts.items()) for at in points_of(range(1, count + 1), arguments.points)]
    assert points, "no calls to be killed at"
    bad, killed = 0, 0
    for call, at in points:
        done = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "signal=none", "-e", f"trace={call}", "-e",
                               f"inject={call}:signal=KILL:when={at}", *command], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=MOST_SECONDS, check=False)
        # strace ends as its child did; a command that works in another process says how that ended.
        killed += done.returncode != 0
        faults = faults_of(command, output, sources, before, expected)
        faults += [f"left behind: {name}" for name in others(output) - inputs]
        remove(output)
        bad += bool(faults)
        if faults:
            print(f"{call} {at} of {counts[call]}: {'; '.join(faults)}", flush=True)
    print(f"{' '.join(arguments.command)}: killed at {killed} of {len(points)} points of {sum(counts.values())} calls: {bad} bad")
    return bool(bad) or killed < 0.8 * len(points)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("victim")
    parser.add_argument("--points", type=int, default=0)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    if os.environ.get("NEUROTAPE_LONG_TESTS"):
        arguments.points = 0
    traced = shutil.which("strace") and subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], check=False,
                                                      capture_output=True).returncode == 0
    if not traced:
        print("skipped: no strace here, or it may not trace")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="neurotape_copies_") as directory:
        return sweep(arguments, directory)


if __name__ == "__main__":
    sys.exit(main())
