#!/usr/bin/env python3
"""Runs fault_victim again and again, with another call going wrong each time, and judges what it leaves behind.

    sweep.py VICTIM DEED [--points N] [--expect END[,END]] [option=value]...

DEED: kill, tear, shorten, or an errno by name (ENOSPC) with `times=1` or from a call on with `times=all`.
--points: how many of the calls, spread evenly, the first and last among them; 0, or NEUROTAPE_LONG_TESTS: all.
--expect: every run has to end like this: killed, refused (close() throws), told (an error, but all is written), unharmed.
"""

import argparse
import collections
import errno
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from judge import judge  # noqa: E402

HANG_SECONDS = 30


def run_victim(victim, directory, options):
    command = [victim, directory] + [f"{key}={value}" for key, value in options.items()]
    process = subprocess.run(command, capture_output=True, timeout=HANG_SECONDS, check=False)
    lines = process.stdout.decode(errors="replace").split("\n")[:-1]
    return process.returncode, [json.loads(line) for line in lines], process.stderr.decode(errors="replace")


def run_of(directory):
    runs = [name for name in os.listdir(directory) if name.startswith("run_")]
    return os.path.join(directory, runs[0]) if runs else None


def read_with(tool, run, told):
    """What the loader shows of a run that nobody has tidied."""
    if run is None or not os.path.exists(os.path.join(run, "setup.h5")):
        return []
    safe = {line["episode"]: line["rows"] for line in told if "episode" in line}
    faults = []
    for number, rows in safe.items():
        done = subprocess.run([tool, "ls", "--json", run, str(number)], capture_output=True, check=False)
        if done.returncode:
            faults.append(f"the loader: {done.stderr.decode().strip()}")
            continue
        seen = {stream["path"]: stream["rows"] for stream in json.loads(done.stdout)["streams"]}
        faults += [f"the loader shows {seen.get(path, 0)} rows of {path}, {count} were safe"
                   for path, count in rows.items() if count and seen.get(path, 0) < count]
    return faults


def recover(victim, directory, told, at):
    """Recovers what was killed; and a copy of it by a recovery that is itself killed at some call, and then repeated."""
    run = run_of(directory)
    if run is None or not os.path.exists(os.path.join(run, "setup.h5")):
        return []
    copy = shutil.copytree(run, os.path.join(directory, "copy"))
    status, found, errors = run_victim(victim, directory, {"recover": run, "deed": "count"})
    if status or errors or any(line.get("unreadable") for line in found):
        return [f"recovery ends with {status}: {errors} {found}"]
    faults = ["recovered: " + fault for fault in judge(run, told, recovered=True)]
    calls = next(line["calls"] for line in found if "calls" in line)
    run_victim(victim, directory, {"recover": copy, "deed": "kill", "at": str(1 + at % calls)})
    faults += ["recovery killed: " + fault for fault in judge(copy, told)]
    status, found, errors = run_victim(victim, directory, {"recover": copy})
    if status or errors:
        return faults + [f"the second recovery ends with {status}: {errors} {found}"]
    return faults + ["recovered twice: " + fault for fault in judge(copy, told, recovered=True)]


def after_end(victim, directory, told, faults, options, arguments):
    """Faults of the whole way from a recorder that has ended somehow to a tidied run."""
    # A write that was torn inside a page is for the loader and the recovery; HDF5 may find its checksum wrong.
    faults = [] if arguments.deed == "tear" else faults
    if arguments.tool:
        faults = faults + read_with(arguments.tool, run_of(directory), told)
    return faults + (recover(victim, directory, told, int(options["at"])) if arguments.recover else [])


def try_one(victim, options, arguments):
    """\\returns faults, and how it ended"""
    directory = tempfile.mkdtemp(prefix="neurotape_fault_", dir=arguments.where)
    try:
        status, told, errors = run_victim(victim, directory, options)
        faults = judge(run_of(directory), told)
        if errors:
            faults.append(f"on standard error: {errors.strip()[:200]}")
        if status == -9 and arguments.deed in ("kill", "tear"):
            return after_end(victim, directory, told, faults, options, arguments), "killed"
        faults = after_end(victim, directory, told, faults, options, arguments)
        if status < 0 or status > 1:
            faults.append(f"ended with {status}")
        told_of_it = any("error" in line for line in told)
        if status == 0 and not any("closed" in line for line in told):
            faults.append("said nothing about its end")
        return faults, "refused" if status == 1 else "told" if told_of_it else "unharmed"
    except subprocess.TimeoutExpired:
        return [f"hangs for {HANG_SECONDS} s"], "hung"
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def points_of(calls, count):
    if count == 0 or count >= calls:
        return list(range(1, calls + 1))
    return sorted({1 + round(i * (calls - 1) / (count - 1)) for i in range(count)})


def sweep(judge_unharmed, try_one, more_arguments=lambda parser: None):
    """The program: one run without faults, then one for each call that goes wrong.

    judge_unharmed(directory, told) -> faults
    try_one(victim, options, arguments) -> faults, how it ended
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("victim")
    parser.add_argument("deed")
    parser.add_argument("--points", type=int, default=0)
    parser.add_argument("--expect", type=lambda text: text.split(","))
    parser.add_argument("--where", help="directory for the runs")
    parser.add_argument("options", nargs="*")
    more_arguments(parser)
    arguments = parser.parse_intermixed_args()
    options = dict(option.split("=", 1) for option in arguments.options)
    if options.get("times") == "all":
        options["times"] = str(10**9)

    with tempfile.TemporaryDirectory(prefix="neurotape_fault_", dir=arguments.where) as directory:
        status, told, errors = run_victim(arguments.victim, directory, options | {"deed": "count"})
        assert status == 0 and not errors, f"without faults it ends with {status}: {errors or told}"
        faults = judge_unharmed(directory, told)
        assert not faults, f"without faults: {faults}"
    calls = next(line["calls"] for line in told if "calls" in line)
    assert calls > 0, "no calls to go wrong"

    if arguments.deed.startswith("E"):
        options |= {"deed": "fail", "errno": str(getattr(errno, arguments.deed))}
    else:
        options |= {"deed": arguments.deed}
    ends, bad = collections.Counter(), 0
    points = points_of(calls, 0 if os.environ.get("NEUROTAPE_LONG_TESTS") else arguments.points)
    for at in points:
        faults, end = try_one(arguments.victim, options | {"at": str(at)}, arguments)
        if arguments.expect and end not in arguments.expect:
            faults.append("it should have been " + " or ".join(arguments.expect))
        ends[end] += 1
        bad += bool(faults)
        if faults:
            print(f"call {at} of {calls}: {end}: {'; '.join(faults[:4])}", flush=True)
    print(f"{arguments.deed} at {len(points)} of {calls} calls, {' '.join(arguments.options)}: {bad} bad; "
          + ", ".join(f"{count} {end}" for end, count in sorted(ends.items())))
    return bad != 0


def recovery_arguments(parser):
    parser.add_argument("--recover", action="store_true", help="recover what was killed, and judge again")
    parser.add_argument("--tool", help="the command: what it shows of a killed run is judged, too")


if __name__ == "__main__":
    sys.exit(sweep(lambda directory, told: judge(run_of(directory), told), try_one, recovery_arguments))
