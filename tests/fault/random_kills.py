#!/usr/bin/env python3
"""Kills fault_victim at random times while several threads record at full speed, and judges what it leaves behind.

    random_kills.py VICTIM [--kills N] [--seed N] [option=value]...

What the victim told through the pipe before it died is what must be there.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from judge import judge  # noqa: E402
from sweep import run_of, run_victim, verify  # noqa: E402


def kill_one(victim, directory, options, after_lines, delay):
    """Kills some time after the victim has told so many things. \\returns what it told"""
    command = [victim, directory] + [f"{key}={value}" for key, value in options.items()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        lines = [process.stdout.readline() for _ in range(after_lines)]
        time.sleep(delay)
        process.kill()
        lines += process.stdout.readlines()
    return [json.loads(line) for line in lines if line.endswith(b"\n")]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("victim")
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--where", help="directory for the runs")
    parser.add_argument("options", nargs="*")
    arguments = parser.parse_intermixed_args()
    options = dict(option.split("=", 1) for option in arguments.options)
    if os.environ.get("NEUROTAPE_LONG_TESTS"):
        arguments.kills *= 100
    with tempfile.TemporaryDirectory(prefix="neurotape_fault_", dir=arguments.where) as directory:
        began = time.monotonic()
        status, told, errors = run_victim(arguments.victim, directory, options)
        life = time.monotonic() - began
        assert status == 0 and not errors, errors or told
        faults = judge(run_of(directory), told)
        assert not faults, f"without a kill: {faults}"
    lines = len(told)
    if "interval" in options:  # how much is told until it ends depends on how busy the machine is: so it does not end
        options["beats"] = "0"

    numbers, bad, alive = random.Random(arguments.seed), 0, 0
    for number in range(arguments.kills):
        directory = tempfile.mkdtemp(prefix="neurotape_fault_", dir=arguments.where)
        try:
            told = kill_one(arguments.victim, directory, options, numbers.randrange(lines), numbers.random() * life / lines)
            alive += any("closed" in line for line in told)
            if faults := judge(run_of(directory), told) + verify(victim=arguments.victim, run=run_of(directory)):
                bad += 1
                print(f"kill {number}: {'; '.join(faults[:4])}", flush=True)
        finally:
            shutil.rmtree(directory, ignore_errors=True)
    print(f"{arguments.kills} random kills, seed {arguments.seed}, {' '.join(arguments.options)}: {bad} bad, "
          f"{alive} had ended before")
    return bad != 0 or alive * 2 > arguments.kills


if __name__ == "__main__":
    sys.exit(main())
