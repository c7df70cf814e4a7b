#!/usr/bin/env python3
"""Reads an episode that fault_victim records, with h5py and numpy only, until standard input ends.

    live_reader.py FILE reopen|swmr|slow

reopen: opens it again for each look, as any program would; may meet errors that HDF5 finds, and tries again.
swmr: opens it once, and refreshes. slow: opens it once, reads a row at a time, and never closes it.
Lines: {"advances": 3} once it has seen the episode grow so often; at the end {"advances", "looks", "errors", "wrong"}.
"""

import json
import pathlib
import random
import select
import sys

import h5py
import numpy as np

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from judge import columns_of, expected  # noqa: E402

ENOUGH_ADVANCES = 3
MOST_ROWS = 300
STREAMS = ["neural_states/v0", "neural_states/v1", "spikes/p", "rewards", "weight_changes"]
DETECTED = (OSError, KeyError, RuntimeError)


class Watch:
    def __init__(self):
        self.rows, self.wrong = {}, []
        self.looks = self.advances = self.errors = 0

    def saw(self, rows):
        """\\param rows committed ones by stream, all compared"""
        self.looks += 1
        if any(rows[name] < before for name, before in self.rows.items()):
            self.wrong.append(f"from {self.rows} back to {rows}")
        if rows != self.rows:
            self.advances += 1
            if self.advances == ENOUGH_ADVANCES:
                print(json.dumps({"advances": self.advances}), flush=True)
        self.rows = rows


def told_to_stop():
    return bool(select.select([sys.stdin], [], [], 0)[0])


def committed(file):
    """Rows of each stream: the last record that `commits` has of it."""
    by_id = {int(record["stream"]): int(record["rows"]) for record in file["commits"][-4000:]}
    return {name: by_id[int(file[name]["timesteps"].attrs["stream_id"])] for name in STREAMS}


def values(stream, column, begin, end, width):
    if stream == "spikes/p":  # two in a timestep
        return expected(stream, column, end, 0, width)[begin:]
    return expected(stream, column, end - begin, begin, width)


def check(file, rows, watch, most=MOST_ROWS):
    """The newest rows, and some from anywhere before them."""
    for name, count in rows.items():
        for end in {count, random.randint(1, count)} if count else {}:
            begin = max(0, end - most)
            for column in columns_of(name):
                found = file[name][column][begin:end]
                if not np.array_equal(found, values(name, column, begin, end, found.shape[-1])):
                    watch.wrong.append(f"{name}/{column}: rows {begin} to {end} of {count}")


def reopen(path, watch):
    while not told_to_stop():
        try:
            with h5py.File(path, "r") as file:
                rows = committed(file)
                check(file, rows, watch)
        except FileNotFoundError:
            sys.stdin.read()  # the episode has ended, in a segment
            return
        except DETECTED as error:
            watch.errors += 1
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            continue
        watch.saw(rows)


def swmr(path, watch):
    with h5py.File(path, "r", libver="latest", swmr=True) as file:
        while not told_to_stop():
            file["commits"].refresh()
            rows = committed(file)
            for name in STREAMS:
                for column in columns_of(name):
                    file[name][column].refresh()
            check(file, rows, watch)
            watch.saw(rows)


def slow(path, watch):
    with h5py.File(path, "r", libver="latest", swmr=True) as file:
        print(json.dumps({"advances": 0}), flush=True)
        while not told_to_stop():
            check(file, committed(file), watch, most=1)
            watch.looks += 1


def main():
    path, way = sys.argv[1:]
    watch = Watch()
    {"reopen": reopen, "swmr": swmr, "slow": slow}[way](path, watch)
    print(json.dumps({"advances": watch.advances, "looks": watch.looks, "errors": watch.errors, "wrong": watch.wrong}))


if __name__ == "__main__":
    main()
