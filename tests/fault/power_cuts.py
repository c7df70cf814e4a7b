#!/usr/bin/env python3
"""Replays power cuts: what fault_victim wrote, with only some of the writes that were in flight on the disk.

    power_cuts.py VICTIM LOADER [--states N] [--long-states N] [--seed N] [--failed-syncs N] [option=value]...

In flight is what was written to a file since it was last synced, and what was done to names since their directory was.
Of these writes any may be missing, one alone too, and any may be torn at a multiple of 512 bytes; names change in order, and the last
changes may be missing. A cut may come at any time, and often comes just when something was told to be safe. Each such
state is read with the loader (fault_follower), recovered, after a recovery that is killed half-way, too, and judged:
whatever had been told to be safe must be there. With durability=process nothing must be there, but the loader shows no
wrong value: it finds the damage, or there is none.
--failed-syncs: so many times a sync fails, another each time. What it should have brought to the disk may be there or
not from then on, and no later sync brings it: the kernel takes it for written.
--long-states: so many with NEUROTAPE_LONG_TESTS.
"""

import argparse
import collections
import errno
import json
import os
import pathlib
import random
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from judge import judge  # noqa: E402
from sweep import LOADER_DIED, is_sampled, points_of, read_with, run_of, run_victim, serve, verify  # noqa: E402


def read_log(path):
    operations = []
    with open(path, "rb") as log:
        while line := log.readline():
            operation = json.loads(line)
            if "bytes" in operation:
                operation["data"] = log.read(operation["bytes"])
                log.read(1)
            operations.append(operation)
    return operations


class File:
    def __init__(self):
        self.durable = bytearray()
        self.in_flight = []

    def sync(self, survives=lambda _: True):
        for operation in filter(survives, self.in_flight):
            apply(self.durable, operation)
        self.in_flight = []


def apply(content, operation, keep=None):
    """\\param keep how many bytes of a write get through; None: all"""
    if operation["op"] == "pwrite":
        data = operation["data"] if keep is None else operation["data"][:keep]
        end = operation["offset"] + len(data)
        if len(content) < end:
            content.extend(bytes(end - len(content)))
        content[operation["offset"]:end] = data
    elif operation["op"] == "ftruncate" and len(content) > operation["length"]:
        del content[operation["length"]:]
    elif len(content) < operation["length"]:
        content.extend(bytes(operation["length"] - len(content)))


class Disk:
    """What is on the disk for sure, and what is on its way."""

    def __init__(self, root, numbers):
        self.root, self.random = root, numbers
        self.files = {}            # by a number
        self.names = {}            # as the process sees them: path -> number, None for a directory
        self.durable_names = {root: None}
        self.names_in_flight = []  # (directory, change)
        self.told = []
        self.count = self.operations = 0

    def change_name(self, path, to):
        self.names_in_flight.append((os.path.dirname(path), path, to))

    def run(self, operation):
        op, path = operation["op"], operation.get("path", "")
        self.operations += 1
        operation["number"] = self.operations
        if op == "told":
            self.told.append(operation["line"])
        elif op == "create":
            if path not in self.names:
                self.count += 1
                self.files[self.count] = File()
                self.names[path] = self.count
                self.change_name(path, self.count)
            elif operation["truncate"]:
                self.files[self.names[path]].in_flight.append({**operation, "op": "ftruncate", "length": 0})
        elif op == "mkdir":
            self.names[path] = None
            self.change_name(path, None)
        elif op == "rename":
            self.names[operation["to"]] = number = self.names.pop(path)
            self.names_in_flight.append((os.path.dirname(path), path, "gone", operation["to"], number))
        elif op == "unlink":
            self.names.pop(path, None)
            self.change_name(path, "gone")
        elif op == "sync":
            self.sync(path)
        elif op == "failed_sync":
            if self.names.get(path) is not None:
                self.files[self.names[path]].sync(lambda _: self.random.random() < 0.5)
        elif path in self.names:
            self.files[self.names[path]].in_flight.append(operation)

    def sync(self, path):
        number = self.names.get(path)
        if number is not None:
            self.files[number].sync()
            return
        # Names in a directory. File systems with a journal put earlier changes of other directories there with it; this
        # one does not.
        rest = []
        for change in self.names_in_flight:
            if change[0] == path:
                self.durable_names = with_changes(self.durable_names, [change])
            else:
                rest.append(change)
        self.names_in_flight = rest

    def after_cut(self, chance):
        """\\returns names and contents as they may be found"""
        names = with_changes(self.durable_names, self.names_in_flight[:chance.name_changes(len(self.names_in_flight))])
        contents = {}
        odd = chance.odd_one([operation for file in self.files.values() for operation in file.in_flight])
        for path, number in names.items():
            if number is None:
                continue
            file = self.files[number]
            content = bytearray(file.durable)
            for operation in file.in_flight:
                later = self.operations - operation["number"]
                if chance.survives(later) != (operation is odd):
                    apply(content, operation, None if later >= chance.most_in_flight else chance.torn(operation))
            contents[path] = content
        return names, contents


def with_changes(names, changes):
    names = dict(names)
    for _, path, to, *renamed in changes:
        if to == "gone":
            names.pop(path, None)
        else:
            names[path] = to
        if renamed:
            names[renamed[0]] = renamed[1]
    return names


class Chance:
    """How much of what is in flight gets through: each state has its own. Where nothing is synced, older writes have been
    written back by the kernel; else nearly all states would be files that have not begun."""

    def __init__(self, random_numbers, is_durable):
        self.random = random_numbers
        self.most_in_flight = 10**9 if is_durable else self.random.choice([10, 50, 300])
        self.share = self.random.choice([0, 0, 1, 0.5, 0.05, 0.95, self.random.random()])
        self.tears = self.random.random() < 0.3

    def survives(self, later):
        """\\param later how many operations came after it"""
        return later >= self.most_in_flight or self.random.random() < self.share

    def odd_one(self, operations):
        """Where all others have one fate, the one that is lost alone, or alone gets through; in half of these states."""
        return self.random.choice(operations) if operations and self.share in (0, 1) and self.random.random() < 0.5 else None

    def name_changes(self, count):
        if count > self.most_in_flight:
            return self.random.randint(count - self.most_in_flight, count)
        return self.random.choice([0, count, self.random.randint(0, count)])

    def killed_recoveries(self):
        """At which of its calls, in half of the states."""
        return [self.random.randint(1, self.random.choice([12, 60, 250]))] if self.random.random() < 0.5 else []

    def torn(self, operation):
        size = len(operation.get("data", b""))
        if not self.tears or size <= 512 or self.random.random() < 0.5:
            return None
        return self.random.randrange(0, size, self.random.choice([512, 4096]))


def write_state(names, contents, root, target):
    for path in sorted(names):
        place = os.path.join(target, os.path.relpath(path, root))
        if names[path] is None:
            os.makedirs(place, exist_ok=True)
    for path, content in contents.items():
        place = os.path.join(target, os.path.relpath(path, root))
        if os.path.isdir(os.path.dirname(place)):
            with open(place, "wb") as file:
                file.write(content)


def recovery_faults(victim, loader, target, told, chance):
    run = run_of(target)
    faults = read_with(loader, run, told)
    for number in chance.killed_recoveries():
        run_victim(victim, target, {"recover": run, "deed": "kill", "at": str(number)})
        faults += [f"recovery killed at {number}: {fault}" for fault in read_with(loader, run, told)]
    status, found, errors = run_victim(victim, target, {"recover": run})
    if status or errors:
        safe = [line for line in told if "episode" in line or "finished" in line]
        return [f"recovery ends with {status}: {errors} {found}"] if safe else []
    return faults + judge(run, told, recovered=True) + (verify(victim, run) if is_sampled(len(told)) else [])


def faults_of(victim, loader, disk, chance, where, is_durable):
    target = tempfile.mkdtemp(prefix="neurotape_cut_", dir=where)
    try:
        write_state(*disk.after_cut(chance), disk.root, target)
        run = run_of(target)
        if not is_durable:
            faults = read_with(loader, run, disk.told) if run else []
            return [fault for fault in faults if "wrong" in fault or fault.startswith(LOADER_DIED)]
        if run is None or not os.path.exists(os.path.join(run, "setup.h5")):
            return judge(None, disk.told)
        return recovery_faults(victim, loader, target, disk.told, chance)
    finally:
        shutil.rmtree(target, ignore_errors=True)


def record(arguments, options):
    """\\returns the directory, and what was done in it"""
    with tempfile.TemporaryDirectory(prefix="neurotape_cut_", dir=arguments.where) as directory:
        root = os.path.join(directory, "root")
        os.mkdir(root)
        log = os.path.join(directory, "log")
        status, told, errors = run_victim(arguments.victim, root, options | {"log": log})
        assert status in ((0, 1) if "deed" in options else (0,)) and not errors, errors or told
        return root, read_log(log)


def replay(arguments, options, states, numbers):
    """\\returns how many states were bad"""
    root, operations = record(arguments, options)
    kinds = [operation["op"] for operation in operations]
    begin = kinds.index("failed_sync") if "failed_sync" in kinds else 0
    promises = [done for done in range(begin + 1, len(kinds) + 1) if kinds[done - 1] == "told"]
    cuts = collections.Counter(numbers.choice(promises) if numbers.random() < 0.3 else numbers.randint(begin + 1, len(kinds))
                               for _ in range(states))
    if begin:  # what is left to repeat when the recorder has ended
        cuts[len(kinds)] += 1
    disk, bad = Disk(root, numbers), 0
    is_durable = options["durability"] == "power"
    for done, operation in enumerate(operations, 1):
        disk.run(operation)
        for _ in range(cuts[done]):
            chance = Chance(random.Random(numbers.random()), is_durable)
            if faults := faults_of(arguments.victim, arguments.loader, disk, chance, arguments.where, is_durable):
                bad += 1
                print(f"cut after operation {done} of {len(operations)}, {options}: {'; '.join(faults[:4])}", flush=True)
    return bad


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("victim")
    parser.add_argument("loader")
    parser.add_argument("--states", type=int, default=200)
    parser.add_argument("--long-states", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--failed-syncs", type=int, default=0)
    parser.add_argument("--where", help="directory for the states")
    parser.add_argument("options", nargs="*")
    arguments = parser.parse_intermixed_args()
    serve(arguments.victim, arguments.loader)
    options = {"durability": "power"} | dict(option.split("=", 1) for option in arguments.options)
    if os.environ.get("NEUROTAPE_LONG_TESTS"):
        arguments.states = arguments.long_states
    numbers = random.Random(arguments.seed)
    if arguments.failed_syncs:
        syncs = sum(operation["op"] == "sync" for operation in record(arguments, options)[1])
        points = points_of(range(1, syncs + 1), arguments.failed_syncs)
        bad = sum(replay(arguments, options | {"deed": "fail", "errno": str(errno.EIO), "at": str(at)},
                         arguments.states // len(points), numbers) for at in points)
    else:
        bad = replay(arguments, options, arguments.states, numbers)
    print(f"{arguments.states} power cuts, {arguments.failed_syncs} failed syncs, seed {arguments.seed}, "
          f"{' '.join(arguments.options)}: {bad} bad")
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
