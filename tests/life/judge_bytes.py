#!/usr/bin/env python3
"""What h5py reads of a dataset of episode 0 is, byte for byte, what a file has: judge_bytes.py RUN DATASET FILE"""

import sys

import h5py


def main():
    run, dataset, expected = sys.argv[1:]
    with h5py.File(f"{run}/experiment_data.h5", "r") as index:
        found = index["episodes/episode_0000"][dataset][()].tobytes()
    with open(expected, "rb") as file:
        wanted = file.read()
    if found != wanted:
        at = next((i for i, (a, b) in enumerate(zip(found, wanted)) if a != b), min(len(found), len(wanted)))
        sys.exit(f"{len(found)} bytes, {len(wanted)} expected; the first difference is at {at}")


main()
