"""Episode files that are damaged or hostile, with what is to be said of them.

CASES: name -> (function that makes the file, status of `info`, words that its answer or its complaint has).
"""

import os
import struct

import h5py
import numpy as np

from neurotape_h5 import *

CASES = {}


def case(status, *words):
    def add(make):
        CASES[make.__name__] = (make, status, words)
        return make
    return add


def sound(path, status="complete", **options):
    """An episode with a stream of each kind; open, to be spoiled."""
    file = h5py.File(path, "w", libver=options.pop("libver", "latest"), **options)
    file_attributes(file, config={"learning_rate": 0.5})
    episode_attributes(file, 0, status)
    dense(file, "neural_states/v", rows(100, (3,), "float32"))
    spikes(file, "spikes/e", np.arange(200), np.arange(200))
    events(file, [(0, "start", {"a": 1}), (5, "stop", {})])
    return file


def edited(path, change):
    sound(path).close()
    with open(path, "r+b") as file:
        data = change(bytearray(file.read()))
        file.seek(0)
        file.truncate()
        file.write(data)


def superblock_with_end(data, end):
    data[28:36] = struct.pack("<Q", end)
    data[44:48] = struct.pack("<I", lookup3(bytes(data[:44])))
    return data


def lookup3(data):
    mask = 0xFFFFFFFF
    rot = lambda x, k: ((x << k) | (x >> (32 - k))) & mask
    a = b = c = (0xDEADBEEF + len(data)) & mask
    while len(data) > 12:
        x, y, z = struct.unpack("<III", data[:12])
        a, b, c = (a + x) & mask, (b + y) & mask, (c + z) & mask
        for k in (4, 6, 8, 16, 19, 4):
            a = ((a - c) & mask) ^ rot(c, k)
            c = (c + b) & mask
            a, b, c = b, c, a
        data = data[12:]
    x, y, z = struct.unpack("<III", data.ljust(12, b"\0"))
    a, b, c = (a + x) & mask, (b + y) & mask, (c + z) & mask
    for k in (14, 11, 25, 16, 4, 14, 24):
        c = ((c ^ b) - rot(b, k)) & mask
        a, b, c = b, c, a
    return b


@case(2, "the file is empty")
def zero_bytes(path):
    open(path, "w").close()


@case(2, "not an HDF5 file")
def text(path):
    with open(path, "w") as file:
        file.write("root:x:0:0:root:/root:/bin/bash\n" * 100)


@case(2, "not a regular file")
def fifo(path):
    os.mkfifo(path)


@case(2)
def symlink_to_itself(path):
    os.symlink(os.path.basename(path), path)


@case(2, "the file is empty")
def symlink_to_nothing_of_hdf5(path):
    open(path + ".empty", "w").close()
    os.symlink(path + ".empty", path)


@case(2, "its superblock")
def ends_within_its_superblock(path):
    edited(path, lambda data: data[:20])


@case(2, "its end is missing")
def ends_after_its_superblock(path):
    edited(path, lambda data: data[:48])


@case(2, "its end is missing")
def half(path):
    edited(path, lambda data: data[:len(data) // 2])


@case(2, "its end is missing")
def all_but_a_byte(path):
    edited(path, lambda data: data[:-1])


@case(2, "its superblock does not have the checksum")
def superblock_with_a_wrong_checksum(path):
    edited(path, lambda data: data[:30] + bytes([data[30] ^ 1]) + data[31:])


@case(2, "unknown version 9")
def superblock_of_an_unknown_version(path):
    edited(path, lambda data: data[:8] + b"\x09" + data[9:])


@case(2, "its end is missing")
def superblock_that_claims_exabytes(path):
    edited(path, lambda data: superblock_with_end(data, 2**60))


@case(2, "incorrect metadata checksum")
def root_with_a_wrong_checksum(path):
    def change(data):
        at = data.index(b"OHDR") + 8
        data[at] ^= 0x10
        return data
    edited(path, change)


def spoiled_heap(path, offset, value):
    """Text of variable length lies in a heap without a checksum, which HDF5 1.10.8 believes (CVE-2024-29157)."""
    with sound(path) as file:
        file.attrs["note"] = "variable"
        file.attrs["notes"] = ["a", "bcd"]
    with open(path, "r+b") as file:
        file.seek(file.read().index(b"GCOL") + offset)
        file.write(struct.pack("<Q", value))


@case(2, "ended with signal 11")
def text_that_kills_hdf5(path):
    spoiled_heap(path, 24, 2**63)


@case(2, "was not done after 4 s")
def text_that_hdf5_never_finds(path):
    spoiled_heap(path, 48, 2**64 - 16)
