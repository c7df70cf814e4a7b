#!/usr/bin/env python3
"""`neurotape watch --json` beside fault_victim, until it ends or is killed: what it says, against what was recorded.

    watched.py VICTIM TOOL finish|kill [option=value]...
"""

import os
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from judge import DENSE, finished_rows, judge  # noqa: E402
from live import LONG  # noqa: E402
from program import Program  # noqa: E402
from sweep import run_of  # noqa: E402

LOOKS = 100 if LONG else 8
WIDTH = 16
SMALL_ROWS = 5


def value_at(stream, timestep):
    """What fault_victim records then, as the command sums it up."""
    if dense := DENSE.match(stream):
        return timestep * 31 + int(dense[1]) + (WIDTH - 1) / 2
    return {"rewards": timestep / 4, "weight_changes": timestep / 2, "spikes/p": 2}[stream]


def check_look(look, before):
    """Faults of a look, beside the one before it."""
    faults = []
    seen = {stream["path"]: stream for stream in before["streams"]} if before else {}
    for stream in look["streams"]:
        path = stream["path"]
        earlier = seen.pop(path, {"rows": 0})
        if stream["rows"] < earlier["rows"]:
            faults.append(f"{path}: from {earlier['rows']} rows back to {stream['rows']}")
        if before and (stream["rows"] > earlier["rows"]) != (stream["rows_per_second"] > 0):
            faults.append(f"{path}: {stream['rows_per_second']} rows a second, from {earlier['rows']} to {stream['rows']}")
        if stream["last"] is None:
            # What is new may lie behind the commit that values are read of: then the next look has it.
            faults += [f"{path}: nothing was last"] if path != "events" and earlier["rows"] else []
        elif stream["last"] != value_at(path, stream["last_timestep"]):
            faults.append(f"{path}: {stream['last']} at timestep {stream['last_timestep']}")
        if stream["rows_lost"]:
            faults.append(f"{path}: {stream['rows_lost']} rows are said to be lost")
    if seen:
        faults.append(f"{list(seen)} are not there any more")
    episodes = look["episodes"]
    if episodes["count"] != sum(episodes[key] for key in ["open", "finished", "cut_off", "unseen"]):
        faults.append(f"what adds up to {episodes}?")
    if not look["ended"] and not 0 <= look["ring"]["used_bytes"] <= look["ring"]["peak_bytes"] < look["ring"]["bytes"]:
        faults.append(f"a ring of {look['ring']}")
    return faults + look["problems"]


def check_end(look, told, killed):
    """The last look has all that was told to be safe, and of a run that was closed nothing else."""
    large = next(line["rows"] for line in reversed(told) if line.get("episode") == 0)
    small = finished_rows(SMALL_ROWS, 1)
    count = len([line for line in told if line.get("finished", 0) > 0])
    faults = []
    if look["ended"] != ("died" if killed else "finished"):
        faults.append(f"the run is said to have {look['ended']}")
    rows = {stream["path"]: stream["rows"] for stream in look["streams"]}
    for path, safe in large.items():
        safe += count * small.get(path, 0)
        if rows.get(path, 0) < safe if killed else rows.get(path, 0) != safe:
            faults.append(f"{path}: {rows.get(path, 0)} rows at the end, {safe} were recorded")
    return faults


def main():
    victim_path, tool, ending, *options = sys.argv[1:]
    killed = ending == "kill"
    with tempfile.TemporaryDirectory(prefix="neurotape_watched_") as directory:
        with Program("recorder", [victim_path, directory, "beats=0", *options]) as victim:
            victim.wait_for(1, "episode", "commit")
            run = run_of(directory)
            with Program("watch", [tool, "watch", run, "--json", "--every", "0.05"]) as watch:
                watch.wait_for(LOOKS, "streams", "looks")
                victim.process.kill() if killed else victim.tell_to_stop()
                status = victim.end()
                faults = [] if status == (-9 if killed else 0) else [f"the recorder: {status}: {victim.told_errors()}"]
                if status := watch.end():
                    faults.append(f"watch ended with {status}: {watch.told_errors()}")
        looks = watch.lines
        for before, look in zip([None, *looks], looks):
            faults += check_look(look, before)
        if killed and not looks[-1]["episodes"]["unseen"] or not killed:
            faults += check_end(looks[-1], victim.lines, killed)
        if looks[-1]["rows"] <= looks[0]["rows"]:
            faults.append("it has not seen the run grow")
        faults += judge(run, victim.lines)
    print(f"{len(looks)} looks at {looks[-1]['rows']} rows of {looks[-1]['episodes']}, {len(faults)} faults", *faults[:10],
          sep="\n")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
