#!/usr/bin/env python3
"""Flips bits in stored chunks, one at a time: h5py, which knows nothing of neurotape, finds them, or reads what was.

    flipped_bits.py VICTIM [--flips N] [--seed N] [option=value]...

The chunks are finished ones, of every dataset that has a filter; with deed=kill at=N of an episode that was cut off. A
codec whose filter h5py does not have is skipped (77).
"""

import argparse
import collections
import os
import pathlib
import random
import sys
import tempfile

import h5py
import numpy as np

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from sweep import points_of, run_of, run_victim  # noqa: E402

SKIPPED = 77


def filters_of(dataset):
    plan = dataset.id.get_create_plist()
    return [plan.get_filter(i)[0] for i in range(plan.get_nfilters())]


def chunks_of(path):
    """Datasets with filters, as they are read, and their chunks: name, offset, bytes."""
    right, chunks = {}, []

    def visit(name, item):
        if not isinstance(item, h5py.Dataset) or not filters_of(item):
            return
        missing = [number for number in filters_of(item) if not h5py.h5z.filter_avail(number)]
        if missing:
            print(f"skipped: h5py has no filter {missing}")
            sys.exit(SKIPPED)
        right[name] = item[()]
        is_open = (1 << len(filters_of(item))) - 1  # raw, and masked: no other program checks it
        stored = [item.id.get_chunk_info(i) for i in range(item.id.get_num_chunks())]
        chunks.extend((name, chunk.byte_offset, chunk.size) for chunk in stored if chunk.filter_mask != is_open)

    with h5py.File(path, "r") as file:
        file.visititems(visit)
    return right, chunks


def flip(path, at, bit):
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1 << bit]))


def read(path, name):
    """What h5py reads of a dataset; None: an error."""
    try:
        with h5py.File(path, "r") as file:
            return file[name][()]
    except (OSError, RuntimeError):
        return None


def flip_bits(path, flips, numbers):
    """\\returns how many flips there were of each outcome"""
    right, chunks = chunks_of(path)
    ends = collections.Counter()
    for name, offset, size in points_of(chunks, flips // 3):
        for at in (offset, offset + size - 1, offset + numbers.randrange(size)):
            bit = numbers.randrange(8)
            flip(path, at, bit)
            found = read(path, name)
            flip(path, at, bit)
            end = "found" if found is None else "harmless" if np.array_equal(found, right[name]) else "WRONG"
            ends[end] += 1
            if end == "WRONG":
                print(f"{name}: bit {bit} of byte {at}, in a chunk of {size} bytes at {offset}", flush=True)
            assert np.array_equal(read(path, name), right[name]), "flipped back, it is another"
    return ends


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("victim")
    parser.add_argument("--flips", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("options", nargs="*")
    arguments = parser.parse_intermixed_args()
    options = dict(option.split("=", 1) for option in arguments.options)
    flips = arguments.flips * (50 if os.environ.get("NEUROTAPE_LONG_TESTS") else 1)
    numbers, ends = random.Random(arguments.seed), collections.Counter()
    with tempfile.TemporaryDirectory(prefix="neurotape_flip_") as directory:
        status, told, errors = run_victim(arguments.victim, directory, options)
        assert status == (-9 if options.get("deed") == "kill" else 0) and not errors, errors or told
        files = sorted(pathlib.Path(run_of(directory), "episodes").glob("e*.h5" if status else "*.h5"))
        for path in files:
            ends += flip_bits(str(path), flips // len(files), numbers)
    print(f"{sum(ends.values())} bits in {len(files)} files, seed {arguments.seed}, {' '.join(arguments.options)}: "
          + ", ".join(f"{count} {end}" for end, count in sorted(ends.items())))
    # Deflate has bits that nothing needs; of other codecs, whose checksum is over all bytes, every flip is found.
    most_harmless = sum(ends.values()) // 10 if options.get("codec", "").startswith("gzip") else 0
    return ends["WRONG"] != 0 or ends["found"] == 0 or ends["harmless"] > most_harmless


if __name__ == "__main__":
    sys.exit(main())
