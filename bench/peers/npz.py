"""The peer of bench/artifacts.cpp: saves and loads NPZ files with numpy. usage: npz.py numpy

A question is `{"save": bank.npy, "directory": ..., "count": ...}` or `{"load": directory}`.
"""

import glob
import os
import time

import asked


def save(question):
    import numpy
    maps = numpy.load(question["save"])
    start = time.perf_counter()
    for i in range(question["count"]):
        values = maps[i % len(maps)]
        numpy.savez_compressed(os.path.join(question["directory"], f"map_{i}_attention.npz"), attention_map=values,
                               shape=numpy.array(values.shape), file_id=f"map_{i}")
    seconds = time.perf_counter() - start
    raw = question["count"] * maps[0].nbytes
    return {"seconds": seconds, "MB_per_s": raw / seconds * 1e-6, "ratio": raw / asked.files_in(question["directory"])[1]}


def load(question):
    import numpy
    paths = sorted(glob.glob(os.path.join(question["load"], "*.npz")))
    start, raw = time.perf_counter(), 0
    for path in paths:
        with numpy.load(path) as file:
            raw += file["attention_map"].nbytes
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "MB_per_s": raw / seconds * 1e-6, "raw_bytes": raw}


def main():
    try:
        import numpy  # noqa: F401
        missing = ""
    except ImportError as error:
        missing = str(error)
    asked.serve([] if missing else ["save", "load"], missing, lambda it: save(it) if "save" in it else load(it))


if __name__ == "__main__":
    main()
