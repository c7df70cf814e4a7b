"""Judges a directory of attention maps with numpy and the standard library alone: maps.py DIRECTORY.

Prints JSON: {"faults": [text], "maps": {file id: {"shape", "sum", "min", "max", "crc32", "arrays", ...}}, "metadata", "files"}.
"""

import json
import os
import sys
import zipfile
import zlib

import numpy as np

SUFFIX = "_attention.npz"


def judge(directory):
    """\\returns faults, maps, metadata"""
    faults, maps = [], {}
    names = sorted(name for name in os.listdir(directory) if name.endswith(SUFFIX) and not name.startswith("."))
    for name in names:
        try:
            with np.load(os.path.join(directory, name), allow_pickle=False) as file:
                arrays = {key: file[key] for key in file.files}
        except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            faults.append(f"{name}: {type(error).__name__}: {error}")
            continue
        values, file_id = arrays.pop("attention_map"), arrays.pop("file_id")
        if file_id.shape != () or f"{file_id}{SUFFIX}" != name:
            faults.append(f"{name}: it has the file id {file_id}")
        if values.dtype != np.float32 or list(values.shape) != arrays.pop("shape").tolist():
            faults.append(f"{name}: {values.dtype} {values.shape}")
        maps[str(file_id)] = {
            "shape": list(values.shape), "sum": float(values.astype(np.float64).sum()), "min": float(values.min()),
            "max": float(values.max()), "crc32": zlib.crc32(values.tobytes()), "arrays": {k: v.tolist() for k, v in arrays.items()}}
    with open(os.path.join(directory, "manifest.json"), encoding="utf-8") as file:
        manifest = json.load(file)["maps"]
    with open(os.path.join(directory, "metadata.json"), encoding="utf-8") as file:
        metadata = json.load(file)
    faults += judge_lists(directory, names, maps, manifest, metadata)
    return faults, maps, metadata


def judge_lists(directory, names, maps, manifest, metadata):
    faults = []
    if sorted(line["file"] for line in manifest) != names:
        faults.append(f"the manifest lists {[line['file'] for line in manifest]}, there are {names}")
    for line in manifest:
        path = os.path.join(directory, line["file"])
        if not os.path.exists(path) or line["file_id"] not in maps:
            continue
        with open(path, "rb") as file:
            data = file.read()
        seen = maps[line["file_id"]]
        expected = {"file_id": line["file_id"], "file": line["file_id"] + SUFFIX, "shape": seen["shape"],
                    "dtype": "float32", "bytes": len(data), "checksum": f"crc32:{zlib.crc32(data):08x}",
                    "source": seen["arrays"].get("source"), "values_clipped": seen["arrays"].get("values_clipped", 0)}
        if line != expected:
            faults.append(f"the manifest says {line}, expected {expected}")
    sums = {"count": len(names), "stored_bytes": sum(os.path.getsize(os.path.join(directory, name)) for name in names),
            "raw_bytes": sum(4 * int(np.prod(one["shape"])) for one in maps.values()),
            "values_clipped": sum(one["arrays"].get("values_clipped", 0) for one in maps.values()),
            "maps_clipped": sum("values_clipped" in one["arrays"] for one in maps.values())}
    found = {key: metadata[key] for key in sums}
    if found != sums:
        faults.append(f"the metadata say {found}, expected {sums}")
    return faults


if __name__ == "__main__":
    found_faults, found_maps, found_metadata = judge(sys.argv[1])
    print(json.dumps({"faults": found_faults, "maps": found_maps, "metadata": found_metadata,
                      "files": sorted(os.listdir(sys.argv[1]))}))
