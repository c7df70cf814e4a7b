"""What the scripts share that benchmarks ask for figures: a line of JSON in, a line of JSON out."""

import json
import os
import resource
import sys
import time


def serve(abilities, missing, do):
    """Says what this script can do, then answers each question with the figures of `do(question)`, a dictionary."""
    print(json.dumps({"abilities": abilities, "missing": missing}), flush=True)
    for line in sys.stdin:
        print(json.dumps(do(json.loads(line))), flush=True)


def processor_seconds():
    use = resource.getrusage(resource.RUSAGE_SELF)
    return use.ru_utime + use.ru_stime


def status_bytes(field):
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(field + ":"))


def reset_peak_memory():
    """Whether the system allows it."""
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as refs:
            refs.write("5")
    except OSError:
        return False
    return True


def files_in(directory):
    """How many files there are, and their bytes."""
    sizes = [os.path.getsize(os.path.join(where, name)) for where, _, names in os.walk(directory) for name in names]
    return len(sizes), sum(sizes)


class Costs:
    """The figures of a measurement that begins with this object."""

    def __init__(self):
        self.peak_is_known = reset_peak_memory()
        self.resident, self.processor, self.start = status_bytes("VmRSS"), processor_seconds(), time.perf_counter()

    def figures(self, raw_bytes, directory, simulating=0):
        """`simulating`: processor time that is not the recording's."""
        seconds = time.perf_counter() - self.start
        processor = processor_seconds() - self.processor - simulating
        files, stored = files_in(directory)
        grown = {"grown_MiB": (status_bytes("VmHWM") - self.resident) / 2**20} if self.peak_is_known else {}
        return {"seconds": seconds, "MB_per_s": raw_bytes / seconds * 1e-6, "ratio": raw_bytes / stored, "files": files,
                "MB_per_cpu_s": raw_bytes / processor * 1e-6} | grown


def quantiles(nanoseconds):
    ordered = sorted(nanoseconds)
    return {f"{name}_ns": ordered[min(len(ordered) - 1, int(share * len(ordered)))]
            for name, share in (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999))}
