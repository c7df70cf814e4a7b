#!/usr/bin/env python3
"""Runs fault_victim again and again, with another call going wrong each time, and judges what it leaves behind.

    sweep.py VICTIM DEED [--points N] [--expect END[,END]] [--recover] [--loader LOADER] [--resume] [option=value]...

DEED: kill, tear (a write, at each end of a page within it), shorten, or an errno by name (ENOSPC) with `times=1` or from a
call on with `times=all`.
--points: how many of the calls, spread evenly, the first and last among them; 0, or NEUROTAPE_LONG_TESTS: all.
--expect: every run has to end like this: killed, torn (killed, and HDF5 finds a checksum wrong until the loader or the
recovery has repeated the commit), refused (close() throws), told (an error, but all is written), unharmed.
--recover: and what is left is recovered, by recoveries that are killed or meet errors, too. --resume: the calls are those of
a recorder that goes on with the run of one that was killed.
"""

import argparse
import collections
import errno
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from judge import finished_rows, judge  # noqa: E402

LONG = bool(os.environ.get("NEUROTAPE_LONG_TESTS"))
HANG_SECONDS = 5  # beyond what a run without faults takes
BUSY = 4  # so many times as long it may take when others want the disk, too
MOST_SECONDS = 60  # of whatever else
LOADER_REFUSED = 2  # its status where it throws
NOT_REACHED = "past the last call"  # which is no fault of a few runs
LOADER_DIED = "the loader died"
HDF5_GAVE_UP = "HDF5: infinite loop closing library"  # at exit, of a file that cannot be read; nothing follows
MOST_METADATA_PAGES = 4  # in one write, of the episodes here; what is larger holds rows


class Server:
    """A program that runs itself in children: loading its libraries takes longer than most of what it does here."""

    def __init__(self, program):
        self.program, self.process = program, None

    def run(self, arguments, most_seconds):
        if self.process is None:
            self.process = subprocess.Popen([self.program, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            start_new_session=True)
        self.process.stdin.write(json.dumps([self.program, *arguments]).encode() + b"\n")
        self.process.stdin.flush()
        if not select.select([self.process.stdout], [], [], most_seconds)[0]:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None
            raise subprocess.TimeoutExpired([self.program, *arguments], most_seconds)
        answer = json.loads(self.process.stdout.readline())
        return answer["status"], answer["out"], answer["errors"]


SERVERS = {}


def serve(*programs):
    """From here on these programs are run so."""
    SERVERS.update({program: Server(program) for program in programs})


def run_program(command, most_seconds=MOST_SECONDS):
    """\\returns its status, what it wrote, and what it wrote of errors"""
    if server := SERVERS.get(command[0]):
        return server.run(command[1:], most_seconds)
    process = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=most_seconds, check=False)
    return process.returncode, process.stdout.decode(errors="replace"), process.stderr.decode(errors="replace")


def run_victim(victim, directory, options, most_seconds=MOST_SECONDS):
    status, text, errors = run_program([victim, directory] + [f"{key}={value}" for key, value in options.items()], most_seconds)
    return status, [json.loads(line) for line in text.split("\n")[:-1]], errors


def run_of(directory):
    runs = [name for name in os.listdir(directory) if name.startswith("run_")]
    return os.path.join(directory, runs[0]) if runs else None


def read_with(loader, run, told):
    """What fault_follower finds, with the loader, in a run that nobody has tidied."""
    safe = {line["finished"]: finished_rows(line["rows"], 1) for line in told if "finished" in line}
    safe |= {line["episode"]: line["rows"] for line in told if "episode" in line}
    if 0 not in safe:
        return []
    try:
        status, text, errors = run_program([loader, run, "follow"])
    except subprocess.TimeoutExpired:
        return [f"{LOADER_DIED}: it hangs for {MOST_SECONDS} s"]
    if status not in (0, LOADER_REFUSED):
        return [f"{LOADER_DIED}: {status} {errors.strip()}"]
    if status:
        return [f"the loader: {errors.strip()}"]
    end = json.loads(text.splitlines()[-1])
    small = sum(line.get("finished", 0) > 0 for line in told)
    faults = [f"the loader shows {end['episodes']} small episodes of {small}"] if end["episodes"] < small else []
    faults += [f"the loader shows {end['rows'].get(path, 0)} rows of {path}, {count} were safe"
               for path, count in safe[0].items() if end["rows"].get(path, 0) < count]
    return faults + [f"the loader: {fault}" for fault in end["wrong"]]


def is_sampled(number):
    """Whether this run is verified: one of three."""
    return number % 3 == 0


def verify(victim, run):
    """What neurotape's own check says of a run that must be sound."""
    if run is None or not os.path.exists(os.path.join(run, "setup.h5")):
        return []
    status, found, errors = run_victim(victim, run, {"verify": run})
    if status or errors or not any("faults" in line for line in found):
        return [f"verify ends with {status}: {errors} {found}"]
    return ["verify: " + fault for line in found for fault in line.get("faults", [])]


# What a recovery meets at some call, one after the other; and then it is repeated.
RECOVERIES = [{"deed": "kill"}, {"deed": "tear"}, {"deed": "shorten", "times": "100"}] + [
    {"deed": "fail", "errno": str(number), "times": times}
    for number in (errno.ENOSPC, errno.EIO, errno.EINTR) for times in ("1", "3" if number == errno.EINTR else "1000000")]


def recover(victim, directory, told, at, torn):
    """Recovers what was killed; and a copy of it by a recovery to which something happens at some call, and then again.
    `torn`: what HDF5 found torn, and may still after a recovery that did not come to its end; None: nothing."""
    run = run_of(directory)
    if run is None or not os.path.exists(os.path.join(run, "setup.h5")):
        return []
    copy = shutil.copytree(run, os.path.join(directory, "copy"))
    status, found, errors = run_victim(victim, directory, {"recover": run, "deed": "count"})
    if status or errors or any(line.get("unreadable") for line in found):
        return [f"recovery ends with {status}: {errors} {found}"]
    faults = ["recovered: " + fault for fault in judge(run, told, recovered=True) + verify(victim, run)]
    calls = next(line["calls"] for line in found if "calls" in line)
    deed = RECOVERIES[at % len(RECOVERIES)]
    status, found, errors = run_victim(victim, directory, {"recover": copy, "at": str(1 + at * 7919 % calls)} | deed)
    faults += ["recovery interrupted: " + fault for fault in judge(copy, told, torn=torn)]
    harmless = deed["deed"] == "shorten" or deed.get("errno") == str(errno.EINTR)
    if errors or status not in ((0,) if harmless else (0, 1) if deed["deed"] == "fail" else (0, -9)):
        faults.append(f"the recovery that meets {deed} ends with {status}: {errors} {found}")
    status, found, errors = run_victim(victim, directory, {"recover": copy})
    if status or errors:
        return faults + [f"the second recovery ends with {status}: {errors} {found}"]
    return faults + ["recovered twice: " + fault for fault in judge(copy, told, recovered=True)]


SYNC_FAILED = "until it is on the disk"


def wrong_counts(told, waits):
    """Whatever happens, every row is counted; and where the recorder waits for space, none is lost. A sync that failed cannot
    be waited for: the kernel may have thrown away what it was to bring to the disk."""
    stats = next((line["stats"] for line in told if "stats" in line), None)
    if stats is None:
        return []
    faults = []
    if stats["recorded"] + stats["dropped"] != stats["offered"] or stats["committed"] > stats["recorded"]:
        faults.append(f"counts that do not add up: {stats}")
    if waits and stats["committed"] != stats["offered"] and not any(SYNC_FAILED in line.get("error", "") for line in told):
        faults.append(f"it did not wait: {stats}")
    if not stats["last_error"] and any("thrown" in line for line in told):
        faults.append("the last error is not in the statistics")
    return faults


def after_end(victim, directory, told, torn, options, arguments):
    """Faults of the way from a recorder that has ended somehow to a tidied run."""
    faults = read_with(arguments.loader, run_of(directory), told) if arguments.loader else []
    return faults + (recover(victim, directory, told, int(options["at"]), torn) if arguments.recover else [])


def unnamed_errors(told, directory, options):
    """The first error must say what the disk said, and of which file."""
    texts = [line["error"] for line in told if "error" in line]
    if not texts or options.get("deed") != "fail":
        return []
    cause = os.strerror(int(options["errno"]))
    named = cause in texts[0] and directory in texts[0]
    return [] if named else [f"does not name '{cause}' or the file: {texts[0][:200]}"]


def reached(told, at):
    """How many calls there are depends a little on when threads ran."""
    return next((line["calls"] for line in told if "calls" in line), at) >= at


def try_one(victim, options, arguments):
    """\\returns faults, and how it ended"""
    directory = tempfile.mkdtemp(prefix="neurotape_fault_", dir=arguments.where)
    try:
        before = resume(directory, options, arguments)
        status, told, errors = run_victim(victim, directory, options, arguments.most_seconds)
        told = before + told
        # What HDF5 detects of a write that was torn is for the loader and the recovery to mend; a wrong row is a fault.
        torn = set() if arguments.deed == "tear" and arguments.recover else None
        faults = judge(run_of(directory), told, torn=torn)
        if errors and not (options.get("call") == "pread" and errors.startswith(HDF5_GAVE_UP)):
            faults.append(f"on standard error: {errors.strip()[:200]}")
        # Where a call failed, a run may be closed and not be tidy.
        if arguments.deed in ("kill", "tear") and (LONG or is_sampled(int(options["at"]))):
            faults += verify(victim, run_of(directory))
        faults += unnamed_errors(told, directory, options) + wrong_counts(told, options.get("on_disk_error") == "wait")
        faults += after_end(victim, directory, told, torn or None, options, arguments)
        if status == -9 and arguments.deed in ("kill", "tear"):
            return faults, "torn" if torn else "killed"
        if status < 0 or status > 1:
            faults.append(f"ended with {status}")
        if status == 0 and not reached(told, int(options["at"])):
            return faults, NOT_REACHED
        told_of_it = any("error" in line for line in told)
        if status == 0 and not any("closed" in line for line in told):
            faults.append("said nothing about its end")
        return faults, "refused" if status == 1 else "told" if told_of_it else "unharmed"
    except subprocess.TimeoutExpired:
        return [f"hangs: it takes more than {arguments.most_seconds:.1f} s"], "hung"
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def killed_run(arguments, options, directory):
    """A run whose recorder was killed half-way. \\returns what it had told"""
    calls = next(line["calls"] for line in run_victim(arguments.victim, os.path.join(directory, "counted"),
                                                      options | {"deed": "count"})[1] if "calls" in line)
    status, told, _ = run_victim(arguments.victim, os.path.join(directory, "killed"),
                                 options | {"deed": "kill", "at": str(calls * 3 // 5)})
    assert status == -9, status
    return told


def resume(directory, options, arguments):
    """Puts what is to be gone on with into a directory, and its path into the options. \\returns what was told of it"""
    if not getattr(arguments, "resume", False):
        return []
    killed = run_of(os.path.join(arguments.first_life, "killed"))
    options["resume"] = shutil.copytree(killed, os.path.join(directory, os.path.basename(killed)))
    return arguments.told


def points_of(all_points, count):
    if count == 0 or count >= len(all_points):
        return all_points
    return [all_points[i] for i in sorted({round(i * (len(all_points) - 1) / (count - 1)) for i in range(count)})]


def tears_of(writes, count):
    """All ends of pages within the writes; or of so many writes one each, at their beginnings, ends, and between."""
    if count == 0:
        return [{"at": call, "page": page} for call, pages in writes for page in range(1, pages + 1)]
    return [{"at": call, "page": 1 + i * 37 % pages} for i, (call, pages) in enumerate(points_of(writes, count))]


def sweep(judge_unharmed, try_one, more_arguments=lambda parser: None):
    """The program: one run without faults, then one for each call that goes wrong.

    judge_unharmed(directory, told) -> faults
    try_one(victim, options, arguments) -> faults, how it ended
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("victim")
    parser.add_argument("deed")
    parser.add_argument("--points", type=int, default=0)
    parser.add_argument("--expect", type=lambda text: text.split(","))
    parser.add_argument("--where", help="directory for the runs")
    parser.add_argument("options", nargs="*")
    more_arguments(parser)
    arguments = parser.parse_intermixed_args()
    serve(arguments.victim, *filter(None, [getattr(arguments, "loader", None)]))
    options = dict(option.split("=", 1) for option in arguments.options)
    if options.get("times") == "all":
        options["times"] = str(10**9)

    with tempfile.TemporaryDirectory(prefix="neurotape_fault_", dir=arguments.where) as first_life:
        if getattr(arguments, "resume", False):
            arguments.first_life, arguments.told = first_life, killed_run(arguments, options, first_life)
        return sweep_all(arguments, options, judge_unharmed, try_one)


def sweep_all(arguments, options, judge_unharmed, try_one):
    with tempfile.TemporaryDirectory(prefix="neurotape_fault_", dir=arguments.where) as directory:
        first = options | {"deed": "count"}
        before = resume(directory, first, arguments)
        began = time.monotonic()
        status, told, errors = run_victim(arguments.victim, directory, first)
        arguments.most_seconds = HANG_SECONDS + BUSY * (time.monotonic() - began)
        assert status == 0 and not errors, f"without faults it ends with {status}: {errors or told}"
        faults = judge_unharmed(directory, before + told)
        assert not faults, f"without faults: {faults}"
    counted = next(line for line in told if "calls" in line)
    count = 0 if LONG else arguments.points
    points = tears_of(counted["writes"], count) if arguments.deed == "tear" else [
        {"at": call} for call in points_of(range(1, counted["calls"] + 1), count)]
    assert points, "no calls to go wrong"

    if arguments.deed.startswith("E"):
        options |= {"deed": "fail", "errno": str(getattr(errno, arguments.deed))}
    else:
        options |= {"deed": arguments.deed}
    ends, bad = collections.Counter(), 0
    for point in points:
        faults, end = try_one(arguments.victim, options | {key: str(value) for key, value in point.items()}, arguments)
        if end == "torn" and dict(counted["writes"])[point["at"]] > MOST_METADATA_PAGES:
            faults.append("rows that nobody was told of keep HDF5 from reading others")
        if arguments.expect and end not in [*arguments.expect, NOT_REACHED]:
            faults.append("it should have been " + " or ".join(arguments.expect))
        ends[end] += 1
        bad += bool(faults)
        if faults:
            print(f"{point} of {counted['calls']} calls: {end}: {'; '.join(faults[:4])}", flush=True)
    print(f"{arguments.deed} at {len(points)} points of {counted['calls']} calls, {' '.join(arguments.options)}: {bad} bad; "
          + ", ".join(f"{count} {end}" for end, count in sorted(ends.items())))
    return bad != 0 or ends[NOT_REACHED] > max(1, len(points) // 10)


def recovery_arguments(parser):
    parser.add_argument("--recover", action="store_true", help="recover what was killed, and judge again")
    parser.add_argument("--resume", action="store_true", help="go on with a run whose recorder was killed")
    parser.add_argument("--loader", help="fault_follower: what the loader reads of a killed run is judged, too")


if __name__ == "__main__":
    sys.exit(sweep(lambda directory, told: judge(run_of(directory), told), try_one, recovery_arguments))
