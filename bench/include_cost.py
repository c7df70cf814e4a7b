#!/usr/bin/env python3
"""Question: what does including neurotape cost whoever compiles a source that uses it?

neurotape      g++ -O0 of a source that includes only <neurotape/neurotape.hpp>
peer/json      of one that includes only <nlohmann/json.hpp>, which the API takes for configs and events

Read `s` (median of 5, in random order) against the limit of 2 s and against json alone: the difference is ours.
Where `cpu_s`, the processor time, is much less, the machine was busy with something else.
usage: include_cost.py [--tiny] [--quick] [--benchmark_out=FILE]; CXX names another compiler.
"""

import argparse
import json
import os
import pathlib
import random
import resource
import shlex
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADERS = {"neurotape": "neurotape/neurotape.hpp", "peer/json": "nlohmann/json.hpp"}


def children_seconds():
    use = resource.getrusage(resource.RUSAGE_CHILDREN)
    return use.ru_utime + use.ru_stime


def compile_seconds(header, directory):
    source = pathlib.Path(directory, "include.cpp")
    source.write_text(f"#include <{header}>\n")
    compiler = shlex.split(os.environ.get("CXX", "g++"))
    command = compiler + ["-std=c++20", "-O0", f"-I{ROOT / 'include'}", "-c", str(source), "-o", os.devnull]
    start, used = time.perf_counter(), children_seconds()
    subprocess.run(command, check=True, env={**os.environ, "CCACHE_DISABLE": "1"})
    return time.perf_counter() - start, children_seconds() - used


def measure(repetitions):
    jobs = [name for name in HEADERS for _ in range(repetitions)]
    random.shuffle(jobs)
    results = []
    with tempfile.TemporaryDirectory() as directory:
        for header in HEADERS.values():
            compile_seconds(header, directory)  # its files come into the page cache
        for name in jobs:
            wall, processor = compile_seconds(HEADERS[name], directory)
            print(f"{name:<12} {wall:.2f} s, {processor:.2f} s of processor time", flush=True)
            results.append({"name": name, "run_name": name, "run_type": "iteration", "s": wall, "cpu_s": processor})
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiny", action="store_true", help="once each")
    parser.add_argument("--quick", action="store_true", help="three times each")
    parser.add_argument("--directory", help="not used: nothing is recorded")
    parser.add_argument("--gigabytes", help="not used")
    parser.add_argument("--benchmark_out", help="where the results go, as Google Benchmark writes them")
    arguments = parser.parse_args()
    results = measure(1 if arguments.tiny else 3 if arguments.quick else 5)
    if arguments.benchmark_out:
        pathlib.Path(arguments.benchmark_out).write_text(json.dumps({"context": {}, "benchmarks": results}))


if __name__ == "__main__":
    main()
