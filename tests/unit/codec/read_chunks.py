"""Compares every dataset of `stored` with its plain twin in `expected`, byte for byte.

Prints how many were equal. Exit codes: 0 all equal, 1 not, 3 this h5py cannot read Blosc.
"""
import sys

import h5py

with h5py.File(sys.argv[1], "r") as file:
    stored, expected = file["stored"], file["expected"]
    needs_blosc = any("32001" in stored[name]._filters for name in stored)
    if needs_blosc and not h5py.h5z.filter_avail(32001):
        sys.exit(3)
    equal = 0
    for name in expected:
        try:
            same = stored[name][...].tobytes() == expected[name][...].tobytes()
        except OSError as error:
            same = False
            print(name, error)
        equal += same
        if not same:
            print("differs:", name)
    print("equal:", equal)
    sys.exit(0 if equal == len(expected) == len(stored) else 1)
