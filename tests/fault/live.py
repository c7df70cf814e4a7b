#!/usr/bin/env python3
"""Readers in other processes while fault_victim records, until it ends or is killed; and what readers must not do to it.

    live.py VICTIM FOLLOWER finish|kill [option=value]...

Every reader has to see the episode grow and no wrong value; the recorder has to end as if there were no readers, though
one is stopped, one killed, and one slow. With NEUROTAPE_LONG_TESTS thousands of commits, and twice as many readers.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from judge import finished_rows, judge  # noqa: E402
from sweep import run_of, run_victim  # noqa: E402

HERE = pathlib.Path(__file__).parent
LONG = bool(os.environ.get("NEUROTAPE_LONG_TESTS"))
MOST_SECONDS = 120
LONG_COMMITS = 3000


class Program:
    """A process whose lines are read as they come."""

    def __init__(self, name, command):
        self.name, self.lines, self.errors = name, [], []
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.changed = threading.Condition()
        self.threads = [threading.Thread(target=self.read_lines, daemon=True),
                        threading.Thread(target=lambda: self.errors.extend(self.process.stderr), daemon=True)]
        for thread in self.threads:
            thread.start()

    def read_lines(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(json.loads(line))
                self.changed.notify_all()
        with self.changed:
            self.lines.append({"end": True})
            self.changed.notify_all()

    def wait_for(self, count, what):
        """Until it has written so many lines."""
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.lines) >= count or {"end": True} in self.lines, MOST_SECONDS):
                raise SystemExit(f"{self.name}: no {what} in {MOST_SECONDS} s")
            if {"end": True} in self.lines[:count]:
                raise SystemExit(f"{self.name}: ended before its {what}: {self.told_errors()}")

    def tell_to_stop(self):
        self.process.stdin.close()

    def end(self):
        """\\returns its exit status"""
        status = self.process.wait(MOST_SECONDS)
        for thread in self.threads:
            thread.join(MOST_SECONDS)
        return status

    def told(self):
        return [line for line in self.lines if line != {"end": True}]

    def told_errors(self):
        return b"".join(self.errors).decode(errors="replace").strip()[-400:]


def readers_of(run, follower):
    """Those that are judged."""
    path = os.path.join(run, "episodes", "episode_0000.h5")
    reader = [sys.executable, str(HERE / "live_reader.py"), path]
    kinds = {"loader, following": [follower, run, "follow"], "loader, opening again": [follower, run, "reopen"],
             "h5py, opening again": [*reader, "reopen"], "h5py, swmr": [*reader, "swmr"]}
    return [Program(name, command) for name, command in list(kinds.items()) * (2 if LONG else 1)]


def disturb(run, follower, victim):
    """Readers that are stopped, killed, or slow, all with the files open; the recorder goes on."""
    path = os.path.join(run, "episodes", "episode_0000.h5")
    slow = [sys.executable, str(HERE / "live_reader.py"), path, "slow"]
    programs = [Program("stopped", [follower, run, "follow"]), Program("stopped h5py", slow), Program("slow", slow)]
    for program in programs:
        program.wait_for(1, "first look")
    for program in programs[:2]:
        program.process.send_signal(signal.SIGSTOP)
    killed = Program("killed", [follower, run, "reopen"])
    killed.wait_for(1, "first look")
    killed.process.kill()
    victim.wait_for(len(victim.lines) + 20, "commits beside stopped readers")
    return programs


def check_end(reader, told, killed):
    """Faults of a reader that has seen the end."""
    status = reader.end()
    if status:
        return [f"{reader.name}: ended with {status}: {reader.told_errors()}"]
    end = reader.told()[-1]
    faults = [f"{reader.name}: {fault}" for fault in end["wrong"][:3]]
    if end["advances"] < 1:
        faults.append(f"{reader.name}: has not seen the episode grow")
    if "rows" in end:
        safe = next(line["rows"] for line in reversed(told) if line.get("episode") == 0)
        if not killed:
            safe = finished_rows(next(line["rows"] for line in told if line.get("finished") == 0), 2)
        for stream, rows in safe.items():
            seen = end["rows"].get(stream, 0)
            if seen < rows or (seen > rows and not killed):
                faults.append(f"{reader.name}: saw {seen} rows of {stream} at the end, {rows} were recorded")
        if end["status"] != ("recovered" if killed else "complete"):
            faults.append(f"{reader.name}: the episode ended as {end['status']}")
        small = len([line for line in told if line.get("finished", 0) > 0])
        if end["episodes"] < small:
            faults.append(f"{reader.name}: saw {end['episodes']} small episodes of {small}")
    print(f"{reader.name}: {({key: value for key, value in end.items() if key != 'rows'})}")
    return faults


def main():
    victim_path, follower, ending, *options = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="neurotape_live_") as directory:
        victim = Program("recorder", [victim_path, directory, "beats=0", "rows=200", "small=1", *options])
        victim.wait_for(1, "commit")
        run = run_of(directory)
        readers = readers_of(run, follower)
        for reader in readers:
            reader.wait_for(1, "advance")
        others = disturb(run, follower, victim)
        victim.wait_for(LONG_COMMITS if LONG else 1, "commits")
        killed = ending == "kill"
        victim.process.kill() if killed else victim.tell_to_stop()
        status = victim.end()
        faults = [] if status == (-9 if killed else 0) else [f"the recorder ended with {status}: {victim.told_errors()}"]
        faults += judge(run, victim.told())
        if killed:
            status, found, errors = run_victim(victim_path, directory, {"recover": run})
            if status or errors:
                faults.append(f"recovery beside readers ends with {status}: {errors} {found}")
        for reader in readers:
            reader.tell_to_stop()
        for reader in readers:
            faults += check_end(reader, victim.told(), killed)
        for other in others:
            other.process.kill()
            other.end()
    commits = len([line for line in victim.told() if "episode" in line])
    print(f"{commits} commits of the large episode, {len(faults)} faults", *faults, sep="\n")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
