#!/usr/bin/env python3
"""fault_victim records into a file system that is really too small, of every size up to what it needs.

    full_tmpfs.py VICTIM stop|wait [option=value]...

stop: it ends by itself, and what was safe is there; with more space the run is recovered. wait: it is given more space
when it says that it waits, and loses nothing. With NEUROTAPE_LONG_TESTS every step of 4 KiB. Mounts in a namespace of
its own; 77: that is not allowed here.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from judge import judge  # noqa: E402
from live import LONG  # noqa: E402
from program import Program  # noqa: E402
from sweep import run_of, run_victim  # noqa: E402

STEP = 4096
SMALLEST, LARGEST = 16 << 10, 64 << 20
SAMPLES = 20
SKIPPED = 77


def in_namespace():
    """Starts this program again where it may mount; returns when it is there."""
    if os.environ.get("NEUROTAPE_MAY_MOUNT"):
        return
    for flags in ("-m", "-rm"):
        command = ["unshare", flags]
        with tempfile.TemporaryDirectory() as directory:
            mount = [*command, "mount", "-t", "tmpfs", "none", directory]
            if subprocess.run(mount, capture_output=True, check=False).returncode == 0:
                os.environ["NEUROTAPE_MAY_MOUNT"] = "1"
                os.execvp("unshare", [*command, sys.executable, *sys.argv])
    print("skipped: no file system can be mounted here")
    sys.exit(SKIPPED)


class SmallDisk:
    def __init__(self, size):
        self.path = tempfile.mkdtemp(prefix="neurotape_tmpfs_")
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", self.path], check=True)

    def enlarge(self):
        subprocess.run(["mount", "-o", f"remount,size={LARGEST}", self.path], check=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.path], check=True)
        os.rmdir(self.path)


def is_full(line):
    return "No space left" in line.get("error", "")


def stop(victim, disk, options):
    """\\returns faults, and whether the disk was too small"""
    status, told, errors = run_victim(victim, disk.path, options)
    refused = any(is_full(line) for line in told)
    faults = [] if status in (0, 1) and not errors else [f"ended with {status}: {errors}"]
    if not refused and not any("closed" in line for line in told):
        faults.append("said nothing about its end")
    run = run_of(disk.path)
    faults += ["full: " + fault for fault in judge(run, told)]
    disk.enlarge()
    if run is not None and os.path.exists(os.path.join(run, "setup.h5")):
        status, found, errors = run_victim(victim, disk.path, {"recover": run})
        if status or errors:
            faults.append(f"recovery ends with {status}: {errors} {found}")
        faults += ["recovered: " + fault for fault in judge(run, told, recovered=True)]
    return faults, refused


def wait(victim, disk, options):
    with Program("recorder", [victim, disk.path, "on_disk_error=wait"]
                 + [f"{key}={value}" for key, value in options.items()]) as program:
        with program.changed:
            program.changed.wait_for(lambda: program.ended or any(is_full(line) for line in program.lines), 60)
        refused = any(is_full(line) for line in program.lines)
        disk.enlarge()
        status, told = program.end(), program.lines
    faults = judge(run_of(disk.path), told)
    if status or not any(line.get("finished") == 0 for line in told):
        faults.append(f"ended with {status}: {told[-2:]} {program.told_errors()}")
    return faults, refused


def smallest_that_suffices(attempt):
    low, high = SMALLEST, LARGEST
    while high - low > STEP:
        middle = (low + high) // 2 // STEP * STEP
        low, high = (middle, high) if attempt(middle)[1] else (low, middle)
    return high


def main():
    in_namespace()
    victim, policy, *arguments = sys.argv[1:]
    options = dict(argument.split("=") for argument in arguments)

    def attempt(size):
        with SmallDisk(size) as disk:
            return {"stop": stop, "wait": wait}[policy](victim, disk, options)

    enough = smallest_that_suffices(attempt)
    sizes = list(range(SMALLEST, enough + STEP, STEP))
    if not LONG:
        sizes = sizes[::max(1, len(sizes) // SAMPLES)]
    bad = full = 0
    for size in sizes:
        faults, refused = attempt(size)
        full += refused
        bad += bool(faults)
        if faults:
            print(f"{size >> 10} KiB: {'; '.join(faults[:4])}", flush=True)
    print(f"{len(sizes)} sizes up to {enough >> 10} KiB, {full} too small, {bad} bad")
    return bad != 0 or full == 0


if __name__ == "__main__":
    sys.exit(main())
