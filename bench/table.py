#!/usr/bin/env python3
"""Prints one table of the figures that the benchmarks left, each beside its bar and what it is compared with.

usage: table.py <directory with one JSON file a program>
A figure is the median over the repetitions of a run; `spread` is how far its extremes lie apart, in per cent of it.
"""

import json
import pathlib
import re
import statistics
import sys


class Line:
    """One line of the table: a counter of a benchmark, its bar, and what it is compared with."""

    def __init__(self, program, text, name, counter, unit, bar=None, against=()):
        self.program, self.text, self.name, self.counter = program, text, name, counter
        self.unit, self.bar, self.against = unit, bar, against


def throughput():
    for codec in ("blosc:lz4:5", "gzip:1", "none", "lzf"):
        bar = (">=", 1.0) if codec.startswith("blosc") else None
        against = [("bare loop, 1 thread", f"limit/{codec}/1"), ("bare loop, all threads", f"limit/{codec}/*")]
        if codec == "none":
            against.append(("HDF5, no filter", "peer/hdf5_none"))
        if codec == "gzip:1":
            against.append(("HDF5, shuffle + gzip 4", "peer/hdf5_shuffle_gzip4"))
        yield Line("throughput", f"recorded, {codec}", f"record/{codec}", "GB_per_s", "GB/s", bar, against)
        yield Line("throughput", f"  raw bytes a stored byte, {codec}", f"record/{codec}", "ratio", "x", None, against[:1])


def record_row():
    for neurons in (10_000, 1_000, 100_000):
        name = f"record/{neurons}"
        bar = ("<=", 1.3) if neurons == 10_000 else None
        yield Line("record_row", f"row of {neurons:,} float32, times memcpy", name, "x_memcpy", "x", bar)
        for quantile in ("p50", "p99", "p99.9"):
            against = [("memcpy to cold memory", f"{name}#memcpy_{quantile}_ns")]
            yield Line("record_row", f"  {quantile}", name, f"{quantile}_ns", "ns", None, against)


def record_small():
    whats = [("scalar", "scalar", 20.0), ("reserve_commit", "scalar", None), ("reward", "reward", None),
             ("spike", "spike", None), ("weight_change", "weight_change", None),
             ("weight_changes", "weight_changes", None)]
    texts = {"reserve_commit": "reserve, fill, commit a scalar", "spike": "spike, 1,000 a call",
             "weight_changes": "change of a weight, 100 a call", "weight_change": "change of a weight"}
    for what, hand, bar in whats:
        for quantile in ("p50", "p99", "p99.9"):
            first = quantile == "p50"
            yield Line("record_small", f"{texts.get(what, what)}, p50" if first else f"  {quantile}", f"record/{what}",
                       f"{quantile}_ns", "ns", ("<=", bar) if bar and first else None,
                       [("vectors by hand", f"by_hand/{hand}")])


def lines():
    yield from throughput()
    yield from record_row()
    yield from record_small()
    yield Line("start_close", "experiment with one episode", "experiment", "ms", "ms", ("<=", 20.0),
               [("three HDF5 files", "peer/hdf5_experiment")])
    for threads in (1, 8):
        yield Line("start_close", f"RL episodes, {threads} thread{'s' * (threads > 1)}", f"episodes/{threads}", "per_s",
                   "1/s", None, [("an HDF5 file each", "peer/hdf5_episodes")])
    for streams in (1, 64):
        yield Line("idle", f"idle, {streams} stream{'s' * (streams > 1)}", f"idle/{streams}", "percent", "% of a core",
                   ("<", 0.1), [("no recorder", "no_recorder")])
    for streams in (8, 64):
        name = f"slow_disk/{streams}"
        for text, counter in (("peak", "peak_MiB"), ("end", "end_MiB")):
            yield Line("memory", f"slow disk, {streams} streams, {text}", name, counter, "MiB", ("<=", 125.04),
                       [("cap + 64 MiB", f"{name}#limit_MiB")])
    for codec in ("blosc:lz4:5", "gzip:1"):
        for what, text in (("whole", "dense stream whole"), ("slice", "1 % of it"), ("spikes", "all spikes")):
            yield Line("read", f"{text}, {codec}", f"loader/{what}/{codec}", "ms", "ms", None,
                       [("h5py", f"peer/h5py/{what}/{codec}")])
    yield Line("include_cost", "including neurotape.hpp", "neurotape", "s", "s", ("<", 2.0),
               [("nlohmann/json.hpp", "peer/json")])
    yield Line("include_cost", "  processor time", "neurotape", "cpu_s", "s", None, [("nlohmann/json.hpp", "peer/json")])


class Results:
    """The counters of all repetitions, by program, benchmark and counter."""

    def __init__(self, directory):
        self.values, self.context, self.failed = {}, {}, []
        for path in sorted(pathlib.Path(directory).glob("*.json")):
            try:
                document = json.loads(path.read_text())
            except json.JSONDecodeError:
                self.failed.append(f"{path.stem}: it ended before its results were complete")
                continue
            context = document["context"]
            if context and context["date"] < self.context.get("date", "~"):
                self.context = context  # of the first program: later ones see the load of those before them
            for run in document["benchmarks"]:
                self._add(path.stem, run)

    def _add(self, program, run):
        if run.get("error_occurred"):
            self.failed.append(f"{program}: {run['run_name']}: {run.get('error_message', '')}")
        elif run["run_type"] == "iteration":
            name = re.sub(r"/iterations:.*", "", run["run_name"])
            for counter, value in run.items():
                if isinstance(value, (int, float)):
                    self.values.setdefault((program, name, counter), []).append(value)

    def find(self, program, name, counter):
        """All values; a name that ends in * takes the benchmark with the most threads."""
        if name.endswith("*"):
            names = {n for p, n, _ in self.values if p == program and n.startswith(name[:-1])}
            name = max(names, key=lambda n: int(n.rsplit("/", 1)[1]), default=name)
        return self.values.get((program, name, counter), [])


def number(value):
    digits = 3 if abs(value) < 10 else 1 if abs(value) < 1000 else 0
    return f"{value:,.{digits}f}"


def cells(line, results):
    """The rows of the table for a line: one, and another for each further comparison."""
    values = results.find(line.program, line.name, line.counter)
    if not values:
        yield [line.program, line.text, "not measured", "", "", "", "", ""]
        return
    value = statistics.median(values)
    spread = (max(values) - min(values)) / value * 100 if value else 0
    bar = ""
    if line.bar:
        holds = {">=": value >= line.bar[1], "<=": value <= line.bar[1], "<": value < line.bar[1]}[line.bar[0]]
        bar = f"{line.bar[0]} {line.bar[1]:g}: {'yes' if holds else 'NO'}"
    row = [line.program, line.text, f"{number(value)} {line.unit}", f"{spread:.0f} %", bar]
    compared = False
    for text, reference in line.against:
        name, _, counter = reference.partition("#")
        others = results.find(line.program, name, counter or line.counter)
        if not others:
            continue
        other = statistics.median(others)
        yield row + [text, number(other), f"{value / other:.2f}" if other else ""]
        row, compared = [""] * 5, True
    if not compared:
        yield row + ["", "", ""]


def processor():
    try:
        found = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1] if found else "processor unknown"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    results = Results(sys.argv[1])
    context = results.context
    load = ", ".join(f"{value:.1f}" for value in context.get("load_avg", []))
    print(f"{context.get('host_name', '?')}: {processor()}, {context.get('num_cpus', '?')} cores, "
          f"load before the first program {load or '?'}; {context.get('date', '?')}\n")
    print("| program | figure | median | spread | bar | compared with | its median | ratio |")
    print("| --- | --- | ---: | ---: | --- | --- | ---: | ---: |")
    for line in lines():
        for row in cells(line, results):
            print("| " + " | ".join(row) + " |")
    for failure in results.failed:
        print(f"\nfailed: {failure}")
    sys.exit(1 if results.failed else 0)


if __name__ == "__main__":
    main()
