#!/usr/bin/env python3
"""Checks which part of the tree includes which.

    examples -> include                 recorder -> include
    backends/x -> include, recorder, x  backends/*.cpp -> everything below and beside it
    backends/hdf5 -> backends/image -> backends/driver -> backends/io; backends/image -> backends/codec
    backends/codec, backends/npz -> backends/deflate
    artifacts -> include, recorder, backends/io, npz, csv      artifacts/packed -> artifacts, loader, backends
    loader -> include, backends         include -> the standard library, nlohmann/json, itself
    tools -> include, exchange          analysis -> include
    exchange -> include, artifacts, backends/csv, backends/io, backends/driver

Libraries are checked too: the recorder knows no file format, and only eigen.hpp knows Eigen.
Usage: check_includes.py <root of the tree>, or --self-test.
"""

import pathlib
import re
import sys
import tempfile

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)

# Beginning of an included path -> the library that it belongs to.
LIBRARIES = {
    "hdf5": "hdf5", "H5": "hdf5", "xxh": "xxhash", "blosc": "compressors", "isa-l": "compressors",
    "igzip": "compressors", "libdeflate": "compressors", "lzf": "compressors", "liblzf": "compressors",
    "zlib": "compressors", "minizip/": "zip", "zstd": "compressors", "lz4": "compressors", "Eigen/": "eigen",
    "unsupported/Eigen": "eigen", "nlohmann/": "json", "fmt/": "fmt", "concurrentqueue": "queue",
    "CLI/": "cli", "gtest/": "gtest", "gmock/": "gtest", "benchmark/": "benchmark",
}

# Part -> (parts it may include besides itself, libraries it may include).
PUBLIC = "include"
RULES = {
    PUBLIC: (set(), {"json"}),
    "recorder": ({PUBLIC}, {"json", "fmt", "queue", "xxhash"}),
    "backends/codec": ({PUBLIC, "recorder", "backends/deflate"}, {"fmt", "compressors"}),
    "backends/deflate": ({PUBLIC}, {"compressors"}),
    "backends/npz": ({PUBLIC, "recorder", "backends/deflate", "backends/io"}, {"fmt", "zip"}),
    "backends/csv": ({PUBLIC, "backends/io"}, {"fmt"}),
    "backends/io": ({PUBLIC}, {"fmt"}),
    "backends/driver": ({"backends/io"}, {"hdf5", "xxhash"}),
    "backends/image": ({PUBLIC, "recorder", "backends/driver", "backends/codec"}, {"fmt"}),
    "backends/hdf5": ({PUBLIC, "recorder", "backends/io", "backends/driver", "backends/image"},
                      {"json", "fmt", "hdf5", "xxhash"}),
    "backends/memory": ({PUBLIC, "recorder"}, {"json", "fmt"}),
    "backends": ({PUBLIC, "recorder", "backends/*"}, {"json", "fmt"}),
    "artifacts": ({PUBLIC, "recorder", "backends/io", "backends/npz", "backends/csv"}, {"json", "fmt"}),
    "artifacts/packed": ({PUBLIC, "recorder", "artifacts", "loader", "backends/*"}, {"json", "fmt", "hdf5"}),
    "loader": ({PUBLIC, "backends", "backends/*"}, {"json", "fmt", "hdf5", "xxhash"}),
    "analysis": ({PUBLIC}, {"json", "fmt"}),
    "exchange": ({PUBLIC, "artifacts", "backends/csv", "backends/io", "backends/driver"}, {"json", "fmt", "hdf5"}),
    "tools": ({PUBLIC, "exchange"}, {"json", "fmt", "cli"}),
    "examples": ({PUBLIC}, {"json", "eigen", "hdf5"}),
}
# A part that no rule names is a backend that was added later.
NEW_BACKEND = ({PUBLIC, "recorder"}, {"json", "fmt"})


def part_of(path):
    """The part that a path from the root belongs to; None outside of the parts."""
    first, *rest = path.parts
    if first == "backends":
        return "backends/" + rest[0] if len(rest) > 1 else "backends"
    if first == "artifacts" and len(rest) > 1:
        return "artifacts/" + rest[0]
    return first if first in RULES or first in ("tests", "bench") else None


def resolve(root, file, quote, target):
    """The included file as a path from the root; None if it is not of this tree."""
    if target.startswith("neurotape/"):
        return pathlib.PurePath("include", target)
    candidates = [root / target]
    if quote == '"':
        candidates.insert(0, file.parent / target)
    for candidate in candidates:
        candidate = candidate.resolve()
        if candidate.is_file() and candidate.is_relative_to(root):
            return candidate.relative_to(root)
    in_tree = part_of(pathlib.PurePath(target)) if "/" in target else None
    return pathlib.PurePath(target) if in_tree else None


def library_of(target):
    return next((name for start, name in LIBRARIES.items() if target.startswith(start)), None)


def allows(parts, part):
    return part in parts or (part.startswith("backends/") and "backends/*" in parts)


def problem(root, file, quote, target):
    """Why this file may not include that; None if it may."""
    path = file.relative_to(root)
    part = part_of(path)
    parts, libraries = RULES.get(part, NEW_BACKEND)
    if path.as_posix() == "include/neurotape/eigen.hpp":
        libraries = libraries | {"eigen"}

    included = resolve(root, file, quote, target)
    if included:
        other = part_of(included)
        if other == part or (other and allows(parts, other)):
            return None
        return f"{part} must not include {other or included}"
    library = library_of(target)
    if library:
        return None if library in libraries else f"{part} must not include {library}"
    if part == PUBLIC and not re.fullmatch(r"[a-z_0-9]+", target):
        return "public headers include the standard library, nlohmann/json and each other only"
    if quote == '"':
        return "there is no such file in the tree"
    return None


def check(root):
    root = pathlib.Path(root).resolve()
    problems = []
    files = 0
    for folder in sorted({part.split("/")[0] for part in RULES}):
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in (".hpp", ".cpp", ".h"):
                continue
            files += 1
            text = file.read_text(encoding="utf-8")
            for match in INCLUDE.finditer(text):
                why = problem(root, file, *match.groups())
                if why:
                    line = text.count("\n", 0, match.start()) + 1
                    problems.append(f"{file.relative_to(root)}:{line}: {match.group(2)}: {why}")
    return files, problems


# Each line: a file, what it includes, and whether that is allowed.
CASES = """
include/neurotape/error.hpp         <string>                         yes
include/neurotape/error.hpp         <nlohmann/json.hpp>              yes
include/neurotape/error.hpp         <neurotape/codec.hpp>            yes
include/neurotape/error.hpp         "neurotape/codec.hpp"            yes
include/neurotape/eigen.hpp         <Eigen/Core>                     yes
include/neurotape/error.hpp         <Eigen/Core>                     no
include/neurotape/error.hpp         <hdf5.h>                         no
include/neurotape/error.hpp         <fmt/format.h>                   no
include/neurotape/error.hpp         <sys/mman.h>                     no
include/neurotape/error.hpp         "recorder/ring.hpp"              no
recorder/ring.cpp                   "recorder/ring.hpp"              yes
recorder/ring.cpp                   "ring.hpp"                       yes
recorder/ring.cpp                   <neurotape/error.hpp>            yes
recorder/ring.cpp                   <concurrentqueue/concurrentqueue.h>  yes
recorder/ring.cpp                   <sys/mman.h>                     yes
recorder/ring.cpp                   "backends/hdf5/writer.hpp"       no
recorder/ring.cpp                   "../backends/hdf5/writer.hpp"    no
recorder/ring.cpp                   "loader/run.hpp"                 no
recorder/ring.cpp                   <hdf5.h>                         no
recorder/ring.cpp                   <H5Dpublic.h>                    no
recorder/ring.cpp                   <blosc.h>                        no
recorder/ring.cpp                   "nowhere.hpp"                    no
backends/hdf5/writer.cpp            "backends/hdf5/writer.hpp"       yes
backends/hdf5/writer.cpp            "recorder/ring.hpp"              yes
backends/hdf5/writer.cpp            <hdf5.h>                         yes
backends/hdf5/writer.cpp            "backends/codec/decode.hpp"      no
backends/hdf5/writer.cpp            "../codec/decode.hpp"            no
backends/hdf5/writer.cpp            "backends/make.hpp"              no
backends/hdf5/writer.cpp            "loader/run.hpp"                 no
backends/codec/decode.cpp           <blosc.h>                        yes
backends/codec/decode.cpp           <hdf5.h>                         no
backends/codec/decode.cpp           "backends/hdf5/writer.hpp"       no
backends/npz/npz.cpp                "recorder/ring.hpp"              yes
backends/npz/npz.cpp                "backends/codec/decode.hpp"      no
backends/npz/npz.cpp                <minizip/zip.h>                  yes
artifacts/table.cpp                 "recorder/ring.hpp"              yes
artifacts/table.cpp                 "backends/hdf5/writer.hpp"       no
artifacts/table.cpp                 <hdf5.h>                         no
artifacts/table.cpp                 "loader/run.hpp"                 no
artifacts/packed/pack.cpp           "artifacts/map_source.hpp"       yes
artifacts/packed/pack.cpp           "backends/hdf5/writer.hpp"       yes
recorder/ring.cpp                   "artifacts/map_source.hpp"       no
backends/make.cpp                   "backends/hdf5/writer.hpp"       yes
backends/make.cpp                   "backends/codec/decode.hpp"      yes
backends/make.cpp                   "loader/run.hpp"                 no
loader/run.cpp                      "backends/codec/decode.hpp"      yes
loader/run.cpp                      "backends/make.hpp"              yes
loader/run.cpp                      "recorder/ring.hpp"              no
tools/main.cpp                      <neurotape/error.hpp>            yes
tools/main.cpp                      <CLI/CLI.hpp>                    yes
tools/main.cpp                      "recorder/ring.hpp"              no
tools/main.cpp                      <hdf5.h>                         no
tools/main.cpp                      "exchange/rows.hpp"              yes
exchange/rows.cpp                   <hdf5.h>                         yes
exchange/rows.cpp                   "loader/run.hpp"                 no
exchange/rows.cpp                   "backends/hdf5/writer.hpp"       no
exchange/import/csv.cpp             "backends/csv/reader.hpp"        yes
exchange/import/csv.cpp             "loader/run.hpp"                 no
examples/first.cpp                  <neurotape/error.hpp>            yes
examples/first.cpp                  <Eigen/Core>                     yes
examples/first.cpp                  <hdf5.h>                         yes
examples/first.cpp                  "loader/run.hpp"                 no
examples/first.cpp                  "tests/support/tree.hpp"         no
"""
HEADERS = ["artifacts/map_source.hpp", "include/neurotape/codec.hpp", "exchange/rows.hpp", "recorder/ring.hpp", "backends/make.hpp", "backends/hdf5/writer.hpp",
           "backends/codec/decode.hpp", "loader/run.hpp", "tests/support/tree.hpp"]


def self_test():
    wrong = []
    cases = [line.split() for line in CASES.strip().splitlines()]
    for name, target, allowed in cases:
        with tempfile.TemporaryDirectory() as root:
            for header in HEADERS:
                path = pathlib.Path(root, header)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
            file = pathlib.Path(root, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"#pragma once\n#include {target}\n", encoding="utf-8")
            _, problems = check(root)
        if (not problems) != (allowed == "yes"):
            wrong.append(f"{name} -> {target}: expected {allowed}, got {problems or 'no problem'}")
    return len(cases), wrong


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    count, problems = self_test() if arguments[0] == "--self-test" else check(arguments[0])
    print("\n".join(problems) or f"{count} checked")
    sys.exit(1 if problems or not count else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
