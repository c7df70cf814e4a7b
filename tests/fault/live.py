#!/usr/bin/env python3
"""Readers in other processes while fault_victim records, until it ends or is killed; and what readers must not do to it.

    live.py VICTIM FOLLOWER finish|kill [option=value]...

Every reader has to see the episode grow and no wrong value; the recorder has to end as if there were no readers, though
one is stopped, one killed, and one slow. Nobody else may write. With NEUROTAPE_LONG_TESTS thousands of commits, and
twice as many readers.
"""

import contextlib
import glob
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from judge import finished_rows, judge  # noqa: E402
from program import MOST_SECONDS, Pace, Program  # noqa: E402
from sweep import run_of, run_victim  # noqa: E402

HERE = pathlib.Path(__file__).parent
LONG = bool(os.environ.get("NEUROTAPE_LONG_TESTS"))
LONG_COMMITS = 3000
ENOUGH_ADVANCES = 3


WRITE = """
import sys, h5py, numpy
path, mode = sys.argv[1:]
try:
    file = h5py.File(path, mode)
except OSError as error:
    sys.exit(0 if "lock" in str(error) else f"{type(error).__name__}: {error}")
file.attrs["stranger"] = numpy.arange(1000)
file.close()
sys.exit("it got in")
"""
GOT_IN = "it got in"


def strangers(run):
    """Other programs that want to write into a file that is recorded: none gets in. One that begins it anew ("w") does,
    as one that removes it would: HDF5 cuts it off before it asks for the lock."""
    faults = []
    for path in sorted(glob.glob(os.path.join(run, "episodes", "episode_*.h5"))):
        for mode in ("r+", "a"):
            done = subprocess.run([sys.executable, "-c", WRITE, path, mode], capture_output=True, timeout=MOST_SECONDS,
                                  check=False)
            if done.returncode:
                faults.append(f"h5py {mode} of {os.path.basename(path)}: {done.stderr.decode()[-200:].strip()}")
    return faults


class Readers:
    """Those of one run. All end with the stack."""

    def __init__(self, run, follower, stack):
        self.start = lambda name, command: stack.enter_context(Program(name, command))
        self.loader = [follower, run]
        self.h5py = [sys.executable, str(HERE / "live_reader.py"), os.path.join(run, "episodes", "episode_0000.h5")]
        self.idle = []

    def keeping_up(self):
        kinds = {"loader, following": [*self.loader, "follow"], "loader, opening again": [*self.loader, "reopen"],
                 "h5py, opening again": [*self.h5py, "reopen"], "h5py, swmr": [*self.h5py, "swmr"]}
        return [self.start(name, command) for name, command in list(kinds.items()) * (2 if LONG else 1)]

    def disturb(self, victim):
        """Readers that are stopped, killed, or slow, all with the files open; the recorder goes on."""
        self.idle = [self.start("stopped loader", [*self.loader, "follow"]),
                     self.start("stopped h5py", [*self.h5py, "slow"]), self.start("slow h5py", [*self.h5py, "slow"])]
        killed = self.start("killed", [*self.loader, "reopen"])
        for program in [*self.idle, killed]:
            program.wait_for(1, "looks", "first look")
        for program in self.idle[:2]:
            program.process.send_signal(signal.SIGSTOP)
        killed.process.kill()
        victim.wait_for(victim.count("episode") + 20, "episode", "commits beside stopped readers")

    def wake(self):
        for program in self.idle[:2]:
            program.process.send_signal(signal.SIGCONT)


def check_rows(name, end, told, killed):
    """What the last look has to show."""
    safe = next(line["rows"] for line in reversed(told) if line.get("episode") == 0)
    if "status" not in end:  # h5py: of the file that was recorded, which is not there for ever
        return [f"{name}: saw {end['rows'].get(stream)} rows of {stream} at the end, {safe[stream]} were safe"
                for stream in end["rows"] if not end["gone"] and end["rows"][stream] < safe[stream]]
    faults = []
    if not killed:
        safe = finished_rows(next(line["rows"] for line in told if line.get("finished") == 0), 2)
    for stream, rows in safe.items():
        seen = end["rows"].get(stream, 0)
        if seen < rows or (seen > rows and not killed):
            faults.append(f"{name}: saw {seen} rows of {stream} at the end, {rows} were recorded")
    if end["status"] != ("recovered" if killed else "complete"):
        faults.append(f"{name}: the episode ended as {end['status']}")
    small = len([line for line in told if line.get("finished", 0) > 0])
    if end["episodes"] < small:
        faults.append(f"{name}: saw {end['episodes']} small episodes of {small}")
    return faults


def check_end(reader, told, killed, never_refreshes):
    """Faults of a reader that has seen the end."""
    status = reader.end()
    if status:
        return [f"{reader.name}: ended with {status}: {reader.told_errors()}"]
    end = reader.lines[-1]
    print(f"{reader.name}: {({key: value for key, value in end.items() if key not in ('rows', 'wrong')})}")
    faults = [f"{reader.name}: {fault}" for fault in end["wrong"][:3]]
    if killed and end.get("gone"):
        faults.append(f"{reader.name}: the file of the killed recorder has no name")
    return faults + ([] if never_refreshes else check_rows(reader.name, end, told, killed))


def follow_to_the_end(command, follower, directory, killed, stack):
    victim = stack.enter_context(Program("recorder", command))
    pace = Pace(victim)
    victim.wait_for(1, "episode", "commit")
    run = run_of(directory)
    readers = Readers(run, follower, stack)
    judged = readers.keeping_up()
    pace.follow(judged)
    for reader in judged:
        reader.wait_for(ENOUGH_ADVANCES, "advanced", "advance")
    readers.disturb(victim)
    faults = strangers(run)
    victim.wait_for(victim.count("episode") + 5, "episode", "commits after strangers")
    victim.wait_for(LONG_COMMITS if LONG else 1, "episode", "commits")
    faults += [f"{reader.name}: the file has no name while it is recorded" for reader in judged if reader.count("gone")]
    victim.process.kill() if killed else victim.tell_to_stop()
    status = victim.end()
    if status != (-9 if killed else 0):
        faults.append(f"the recorder ended with {status}: {victim.told_errors()}")
    faults += judge(run, victim.lines)
    if killed:
        status, found, errors = run_victim(command[0], directory, {"recover": run})
        if status or errors:
            faults.append(f"recovery beside readers ends with {status}: {errors} {found}")
    readers.wake()
    for reader in judged + readers.idle:
        reader.tell_to_stop()
    for reader in judged + readers.idle:
        faults += check_end(reader, victim.lines, killed, "slow" in reader.process.args)
    print(f"{victim.count('episode')} commits of the large episode, {len(faults)} faults", *faults, sep="\n")
    return faults


def main():
    victim, follower, ending, *options = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="neurotape_live_", ignore_cleanup_errors=True) as directory:
        command = [victim, directory, "beats=0", "paced=yes", "rows=200", "small=1", *options]
        with contextlib.ExitStack() as stack:
            return bool(follow_to_the_end(command, follower, directory, ending == "kill", stack))


if __name__ == "__main__":
    sys.exit(main())
