"""Python peers of the recorder. usage: write.py <h5py | tables | zarr>

A question names a saved workload, how many steps of it to record and where to, the filters, and how: `batched` (whole
chunks gathered in arrays), `rows` (appended in each step) or `episodes` (a group an episode, arrays written when it
ends). With `interval_ns` steps come at the pace of a simulation.
"""

import functools
import json
import sys
import time

import numpy

import asked
import python_formats

CHUNK_BYTES = 1 << 20


class Field:
    """A column of the workload, and its rows in each step."""

    def __init__(self, name, values, ends):
        self.name, self.values = name, values
        self.slices = [values[a:b] for a, b in zip(ends, ends[1:])]
        self.width = values.shape[1] if values.ndim == 2 else 1
        self.row_bytes = values.dtype.itemsize * self.width

    def chunk_rows(self, steps):
        expected = -(-len(self.values) * steps // len(self.slices))
        return max(1, min(CHUNK_BYTES // self.row_bytes, expected))


class Series:
    def __init__(self, directory, description):
        self.name = description["name"]
        ends = numpy.fromfile(f"{directory}/{description['ends']}", "uint64").tolist()
        self.counts = [b - a for a, b in zip(ends, ends[1:])]
        self.fields = []
        for field in description["fields"]:
            values = numpy.fromfile(f"{directory}/{field['file']}", field["dtype"])
            if field["width"] > 1:
                values = values.reshape(-1, field["width"])
            self.fields.append(Field(field["name"], values, ends))


class Workload:
    def __init__(self, directory):
        with open(f"{directory}/workload.json", encoding="utf-8") as file:
            self.series = [Series(directory, description) for description in json.load(file)["series"]]
        self.steps = len(self.series[0].counts)
        self.step_bytes = sum(sum(s.counts) * (8 + sum(f.row_bytes for f in s.fields)) for s in self.series) / self.steps


class Batch:
    """Rows of a column, gathered in an array of one chunk."""

    def __init__(self, column, dtype, width, rows):
        self.column, self.used, self.rows = column, 0, rows
        self.values = numpy.empty(python_formats.shape(width, rows), dtype)

    def fill(self, count, value):
        """The same value so many times."""
        while count:
            part = min(count, self.rows - self.used)
            self.values[self.used:self.used + part] = value
            count -= part
            self._used(part)

    def append(self, values):
        while len(values):
            part = min(len(values), self.rows - self.used)
            self.values[self.used:self.used + part] = values[:part]
            values = values[part:]
            self._used(part)

    def _used(self, count):
        self.used += count
        if self.used == self.rows:
            self.flush()

    def flush(self):
        if self.used:
            self.column.append(self.values[:self.used])
            self.used = 0


class Batched:
    def __init__(self, workload, steps, file):
        self.file, self.series = file, []
        for series in workload.series:
            timesteps_rows = max(1, min(CHUNK_BYTES // 8, -(-sum(series.counts) * steps // workload.steps)))
            batches = [self._batch(f"{series.name}/timesteps", "int64", 1, timesteps_rows)]
            batches += [self._batch(f"{series.name}/{f.name}", f.values.dtype, f.width, f.chunk_rows(steps))
                        for f in series.fields]
            self.series.append((series.counts, batches[0], list(zip(batches[1:], (f.slices for f in series.fields)))))

    def _batch(self, name, dtype, width, rows):
        return Batch(self.file.column(name, dtype, width, rows), dtype, width, rows)

    def record(self, t, step):
        for counts, timesteps, fields in self.series:
            timesteps.fill(counts[step], t)
            for batch, slices in fields:
                batch.append(slices[step])

    def close(self):
        for _, timesteps, fields in self.series:
            for batch in (timesteps, *(batch for batch, _ in fields)):
                batch.flush()
        self.file.close()


class Rows(Batched):
    """The same without batches: each column grows in each step."""

    def record(self, t, step):
        super().record(t, step)
        for _, timesteps, fields in self.series:
            timesteps.flush()
            for batch, _ in fields:
                batch.flush()


class Episodes:
    """A group an episode: lists that are written when the episode ends."""

    STEPS = 200

    def __init__(self, workload, _steps, file):
        self.workload, self.file, self.number = workload, file, 0
        self.lists = [[] for series in workload.series for _ in series.fields]

    def record(self, _t, step):
        fields = (field for series in self.workload.series for field in series.fields)
        for values, field in zip(self.lists, fields):
            values.append(field.slices[step])
        if len(self.lists[0]) == self.STEPS:
            self.write()

    def write(self):
        lists = iter(self.lists)
        for series in self.workload.series:
            columns = [("timesteps", numpy.arange(self.STEPS))]
            columns += [(field.name, numpy.concatenate(next(lists))) for field in series.fields]
            for name, values in columns:
                width = values.shape[1] if values.ndim == 2 else 1
                path = f"episode_{self.number:04}/{series.name}/{name}"
                self.file.column(path, values.dtype, width, self.STEPS).append(values)
        self.number += 1
        for values in self.lists:
            values.clear()

    def close(self):
        self.file.close()


WAYS = {"batched": Batched, "rows": Rows, "episodes": Episodes}


@functools.cache
def load(directory):
    return Workload(directory)


def record(sink, workload, steps, interval):
    """The nanoseconds of each step; how many times slower all of them were than `interval`; the processor time that
    the simulation between them took."""
    took, clock, simulating = [], time.perf_counter_ns, 0
    start = due = clock()
    for t in range(steps):
        if clock() < due:
            computing = time.thread_time()
            while clock() < due:
                pass
            simulating += time.thread_time() - computing
        before = clock()
        sink.record(t, t % workload.steps)
        after = clock()
        took.append(after - before)
        due = max(due + interval, after) if interval else 0
    return took, (clock() - start) / (interval * steps) if interval else 0, simulating


def do(make, question):
    workload = load(question["workload"])
    steps, interval = question["steps"], question.get("interval_ns", 0)
    costs = asked.Costs()
    sink = WAYS[question["way"]](workload, steps, make(question["directory"], question["filters"]))
    took, slower, simulating = record(sink, workload, steps, interval)
    sink.close()
    figures = costs.figures(workload.step_bytes * steps, question["directory"], simulating) | asked.quantiles(took)
    return figures | ({"times_slower": slower} if interval else {})


def main():
    make, filters, missing = python_formats.find(sys.argv[1])
    asked.serve(filters, missing, lambda question: do(make, question))


if __name__ == "__main__":
    main()
