#!/usr/bin/env python3
"""Makes what the fuzzers begin with: seeds.py <directory>."""

import os
import random
import struct
import sys
import zlib

import h5py
import numpy as np

tests = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path[:0] = [os.path.join(tests, "unit/loader"), os.path.join(tests, "probe")]
import hostile_files  # noqa: E402


def write(directory, name, data):
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, name), "wb") as file:
        file.write(data)


def journals(directory):
    def entry(name, pieces):
        data = struct.pack("<Q", len(name)) + name + bytes(48) + struct.pack("<Q", len(pieces))
        return data + b"".join(struct.pack("<QQ", at, len(piece)) + piece for at, piece in pieces)
    one = entry(b"episode_0000.h5", [(0, bytes(48)), (100, b"abc"), (90, bytes(20))])
    write(directory, "one", one)
    write(directory, "two", one + entry(b"segment_0001.h5", [(2**63, b"x")]))
    write(directory, "empty_piece", entry(b"episode_0000.h5", [(100, b""), (100, b"abc"), (2**63 - 1, b"")]))


def texts(directory):
    write(directory, "nested", b'{"a": [1, -2.5e300, true, null, "\\u00e9\\"", {"b": {}}]}')
    write(directory, "deep", b"[" * 600 + b"]" * 600)
    write(directory, "not_utf8", b'"\xff\xc3\x28"')


def chunks(directory):
    raw = np.arange(256, dtype="<f4").tobytes()
    size = struct.pack("<I", len(raw))[:3]
    deflate, shuffle, fletcher, lzf, blosc, none = 0, 1, 2, 3, 4, 9

    def head(*filters):
        return bytes(filters) + b"\0\4" + size
    write(directory, "gzip", head(shuffle, deflate, none) + zlib.compress(raw))
    write(directory, "stored", head(fletcher, none, none) + raw + bytes(4))
    write(directory, "lzf", head(lzf, none, none) + b"\x1f" + raw[:32])
    write(directory, "blosc", head(blosc, none, none) + struct.pack("<BBBBIII", 2, 1, 2, 4, len(raw), len(raw), 16 + len(raw)) + raw)


def episodes(directory):
    os.makedirs(directory, exist_ok=True)
    for libver in ("earliest", "latest"):
        with hostile_files.sound(os.path.join(directory, libver), libver=libver, status="recording") as file:
            hostile_files.table(file, "commits", [(1, 0, 90, 0, 0.0), (1, 1, 150, 0, 0.0)], hostile_files.COMMIT)
            file["neural_states/v"].attrs["notes"] = ["a", "bcd"]


def changes_of_episodes(directory):
    for i in range(8):
        write(directory, f"changes_{i}", random.Random(i).randbytes(1 + 12 * (1 + i % 4)))


def arrays(directory):
    os.makedirs(directory, exist_ok=True)
    for name, array in (("c", np.arange(12.0).reshape(3, 4)), ("fortran", np.asfortranarray(np.ones((3, 2), ">i4"))),
                        ("text", np.array(["ab", "cde"])), ("flag", np.array(True)), ("none", np.zeros((0, 3), "f2"))):
        with open(os.path.join(directory, name), "wb") as file:
            np.save(file, array)
    for save in (np.savez, np.savez_compressed):
        with open(os.path.join(directory, save.__name__), "wb") as file:
            save(file, a=np.arange(100, dtype="f4"), shape=np.array([2, 50]), epoch=np.array(3))
    with open(os.path.join(directory, "checkpoint"), "wb") as file:
        np.savez(file, **{"model/w": np.ones(3), "optimizer/m": np.ones(3), "epoch": np.array(2),
                          "metrics/val_loss": np.array(0.5)})


def tables(directory):
    write(directory, "numbers", b"epoch,loss\r\n1,0.5\r\n2,nan\r\n3,-inf\r\n")
    write(directory, "texts", b'epoch,note\r\n1,"a ""b"",\r\nc"\r\n2,""\r\n')
    write(directory, "cut_off", b'epoch,note\n1,x\n2,"y')
    write(directory, "matrices", b'{"format": "neurotape confusion", "a": {"classes": ["x"], "counts": [[1]]}}')


def main(directory):
    for name, make in (("journal", journals), ("json", texts), ("decode", chunks), ("episode_files", episodes),
                       ("episode", changes_of_episodes), ("run", changes_of_episodes),
                       ("npz", arrays), ("metrics", tables)):
        make(os.path.join(directory, name))


if __name__ == "__main__":
    main(sys.argv[1])
