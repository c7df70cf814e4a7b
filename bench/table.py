#!/usr/bin/env python3
"""Prints one table of the figures that the benchmarks left, each beside its bar and what it is compared with, then who
stands where.

usage: table.py <directory with one JSON file a program>
A figure is the median over the repetitions of a run; `spread` is how far its extremes lie apart, in per cent of it.
"""

import json
import operator
import pathlib
import re
import statistics
import sys

from lines import STANDINGS, lines

HOLDS = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt}


class Results:
    """The counters of all repetitions, by program, benchmark and counter."""

    def __init__(self, directory):
        self.values, self.context, self.failed, self.skipped = {}, {}, [], set()
        for path in sorted(pathlib.Path(directory).glob("*.json")):
            try:
                document = json.loads(path.read_text())
            except json.JSONDecodeError:
                self.failed.append(f"{path.stem}: it ended before its results were complete")
                continue
            context = document["context"]
            self.skipped |= {f"{name[8:]}: {why}" for name, why in context.items() if name.startswith("skipped ")}
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

    def median(self, program, name, counter):
        values = self.values.get((program, name, counter))
        return statistics.median(values) if values else None

    def names(self, program):
        return sorted({name for other, name, _ in self.values if other == program})

    def best(self, line, against):
        """The best median of those compared with, and whose it is."""
        counter, found = against.counter or line.counter, []
        for name in against.names:
            value = self.median(line.program, name, counter)
            if value is None:
                continue
            if against.where and (self.median(line.program, name, against.where[0]) or 0) < against.where[1]:
                continue
            found.append((value, name))
        return (min if line.lower else max)(found, default=(None, None))


def number(value):
    digits = 3 if abs(value) < 10 else 1 if abs(value) < 1000 else 0
    return f"{value:,.{digits}f}"


def judged(bar, value):
    return f"{bar[0]} {bar[1]:.4g}: {'yes' if HOLDS[bar[0]](value, bar[1]) else 'NO'}" if bar else ""


def cells(line, results):
    """The rows of the table for a line: one, and another for each further comparison."""
    values = results.values.get((line.program, line.name, line.counter))
    if not values:
        yield [line.program, line.text, "not measured"] + [""] * 6
        return
    value = statistics.median(values)
    spread = (max(values) - min(values)) / value * 100 if value else 0
    row = [line.program, line.text, f"{number(value)} {line.unit}", f"{spread:.0f} %", judged(line.bar, value)]
    compared = False
    for against in line.against:
        other, name = results.best(line, against)
        if other is None:
            continue
        text = against.text if len(against.names) == 1 else f"{against.text}: {name.removeprefix('peer/')}"
        ratio = value / other if other else None
        yield row + [text, number(other), f"{ratio:.2f}" if other else "", judged(against.bar, ratio) if other else ""]
        row, compared = [""] * 5, True
    if not compared:
        yield row + [""] * 4


def print_table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|" + "|".join(" --- " for _ in head) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")


def standings(program, counters, results):
    for name in results.names(program):
        values = [results.median(program, name, counter) for counter in counters]
        yield [name] + ["" if value is None else number(value) for value in values]


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
    print_table(["program", "figure", "median", "spread", "bar", "compared with", "its median", "ratio", "bar of the ratio"],
                (row for line in lines() for row in cells(line, results)))
    for program, counters in STANDINGS.items():
        if results.names(program):
            print(f"\n{program}, who stands where (medians):\n")
            print_table([program, *counters], standings(program, counters, results))
    for reason in sorted(results.skipped):
        print(f"\nleft out: {reason}")
    for failure in results.failed:
        print(f"\nfailed: {failure}")
    sys.exit(1 if results.failed else 0)


if __name__ == "__main__":
    main()
