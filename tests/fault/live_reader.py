#!/usr/bin/env python3
"""Reads an episode that fault_victim records, with h5py and numpy only, until standard input ends.

    live_reader.py FILE reopen|swmr|slow

reopen: opens it again for each look, as any program would. swmr: opens it once, and refreshes. slow: opens it once,
reads a row at a time, and never closes it.
A look may meet an error that HDF5 finds, but not the last one, when nobody writes any more; and a file that has lost its
name has ended, and does not come back.
Lines: {"looks": 7} after each look, with "advanced" where the episode has grown, and "gone" where the file has no name;
at the end {"looks", "errors", "gone", "rows": {stream: rows}, "wrong": [text]}.
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

MOST_ROWS = 300
STREAMS = ["neural_states/v0", "neural_states/v1", "spikes/p", "rewards", "weight_changes"]
DETECTED = (OSError, KeyError, RuntimeError)


class Watch:
    def __init__(self):
        self.rows, self.wrong = {}, []
        self.looks = self.errors = 0
        self.gone = False

    def look(self, read):
        """\param read returns the committed rows by stream, all compared
        \returns whether it saw what there is
        """
        line, error = {}, None
        try:
            self.saw(read(), line)
        except FileNotFoundError:
            self.gone = line["gone"] = True
        except DETECTED as detected:
            error = detected
            self.errors += 1
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
        self.looks += 1
        print(json.dumps(line | {"looks": self.looks}), flush=True)
        return error is None

    def saw(self, rows, line):
        if self.gone:
            self.wrong.append("the file has got its name back")
        if any(rows[name] < before for name, before in self.rows.items()):
            self.wrong.append(f"from {self.rows} back to {rows}")
        if rows != self.rows:
            line["advanced"] = True
        self.rows = rows

    def look_until_told_to_stop(self, read):
        while not told_to_stop():
            self.look(read)
        if not self.look(read):
            self.wrong.append("could not be read when nobody wrote any more")


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
    def read():
        with h5py.File(path, "r") as file:
            rows = committed(file)
            check(file, rows, watch)
            return rows

    watch.look_until_told_to_stop(read)


def swmr(path, watch):
    def read():
        file["commits"].refresh()
        rows = committed(file)
        for name in STREAMS:
            for column in columns_of(name):
                file[name][column].refresh()
        check(file, rows, watch)
        return rows

    with h5py.File(path, "r", libver="latest", swmr=True) as file:
        watch.look_until_told_to_stop(read)


def slow(path, watch):
    def read():
        rows = committed(file)
        check(file, rows, watch, most=1)
        return rows

    with h5py.File(path, "r", libver="latest", swmr=True) as file:
        watch.look_until_told_to_stop(read)


def main():
    path, way = sys.argv[1:]
    watch = Watch()
    {"reopen": reopen, "swmr": swmr, "slow": slow}[way](path, watch)
    print(json.dumps({"looks": watch.looks, "errors": watch.errors, "gone": watch.gone, "rows": watch.rows,
                      "wrong": watch.wrong}))


if __name__ == "__main__":
    main()
