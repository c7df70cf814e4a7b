#!/usr/bin/env python3
"""Runs fault_artifacts again and again, with another call going wrong each time, and judges what it leaves behind with
numpy, json and the csv module; then lets it go on, and judges again.

    artifacts.py VICTIM DEED [--points N] [option=value]...

DEED: kill, tear, shorten, or an errno by name (ENOSPC) with `times=1`, or from a call on with `times=all`.
--points: how many of the calls, spread evenly; 0, or NEUROTAPE_LONG_TESTS: all.
"""

import csv
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zlib

import numpy as np

sys.dont_write_bytecode = True
sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parent.parent / "unit/artifacts")]
from maps import judge as judge_set  # noqa: E402
from sweep import run_victim, sweep  # noqa: E402


def judge_maps(directory, told, closed):
    """`closed`: the lists are exact. A process that is killed between a file and its line leaves them one call behind."""
    folder = os.path.join(directory, "attention_maps")
    safe = {line["map"]: line["value"] for line in told if "map" in line}
    if not os.path.exists(os.path.join(folder, "manifest.json")):
        return ["no manifest"] if safe else []
    faults, maps, metadata = judge_set(folder)
    lists = [fault for fault in faults if "manifest" in fault or "metadata" in fault]
    faults = faults if closed else [fault for fault in faults if fault not in lists]
    faults += [f"map {name} is lost" for name in safe if name not in maps]
    for name, seen in maps.items():
        if seen["min"] != seen["max"] or seen["shape"] != [3, 1000]:
            faults.append(f"map {name} is of two states")
        # "again" is replaced in each beat: a later value may be in the file that nobody has been told of.
        if name in safe and (seen["min"] != safe[name] if name != "again" else seen["min"] < safe[name]):
            faults.append(f"map {name} has {seen['min']}, {safe[name]} was safe")
        if "source" in seen["arrays"] and seen["arrays"]["source"] != f"source of {seen['min']:f}":
            faults.append(f"map {name} has the source of another state")
    return faults


def whole_rows(path):
    """The rows of a CSV file that end, without its header; and whether there is one that does not."""
    with open(path, newline="", encoding="utf-8") as file:
        text = file.read()
    rows = list(csv.reader(text.splitlines(keepends=True)))
    cut_off = bool(text) and not text.endswith("\r\n") or text.count('"') % 2 == 1
    return rows[1:len(rows) - cut_off], cut_off


def judge_metrics(directory, told, closed):
    path = os.path.join(directory, "epoch_statistics.csv")
    safe = sum("row" in line for line in told)
    if not os.path.exists(path):
        return [f"{safe} rows are lost"] if safe else []
    rows, cut_off = whole_rows(path)
    faults = ["the last line is cut off"] if closed and cut_off else []
    if len(rows) < safe:
        faults.append(f"{len(rows)} rows of {safe}")
    for i, row in enumerate(rows):
        if len(row) != 3 or int(row[0]) != i or float(row[1]) != i / 3 or row[2] != f'a "quoted"\r\ntext {i}':
            return faults + [f"row {i} is {row}"]
    return faults


def judge_evaluation(directory, told, closed):
    path = os.path.join(directory, "predictions_eval.csv")
    safe = sum("prediction" in line for line in told)
    if not os.path.exists(path):
        return [f"{safe} predictions are lost"] if safe else []
    rows, _ = whole_rows(path)
    faults = [f"{len(rows)} predictions of {safe}"] if len(rows) < safe else []
    wrong = [row for i, row in enumerate(rows) if row != [str(i), "ab"[i % 2], "a" if i % 3 == 0 else "b", "", ""]]
    faults += [f"prediction {wrong[0]}"] if wrong else []
    for name in ("confusion_matrices.json", "class_distributions.json"):
        if os.path.exists(os.path.join(directory, name)):
            with open(os.path.join(directory, name), encoding="utf-8") as file:
                found = json.load(file)["class_sets"]["letters"]
            count = int(np.sum(found.get("counts", found.get("true"))))
            if count > len(rows) or (closed and count != len(rows)):
                faults.append(f"{name} has {count} of {len(rows)} predictions")
    return faults


def judge_checkpoint(directory, told, _):
    path = os.path.join(directory, "best_model.npz")
    safe = max((line["checkpoint"] for line in told if "checkpoint" in line), default=0)
    if not os.path.exists(path):
        return [f"checkpoint {safe} is lost"] if safe else []
    with np.load(path, allow_pickle=False) as file:
        found = {name: file[name] for name in file.files}
    epoch = int(found["epoch"])
    sound = all((found[name] == epoch).all() and len(found[name]) == 3000 for name in ("model/w", "optimizer/m"))
    if epoch < safe or not sound or found["metrics/val_loss"] != 1 / epoch:
        return [f"checkpoint of epoch {epoch}, {safe} was safe"]
    return []


def judge_bytes(directory, told, _):
    path = os.path.join(directory, "best_model.pth")
    safe = max((line["bytes"] for line in told if "bytes" in line), default=0)
    if not os.path.exists(path):
        return [f"bytes of epoch {safe} are lost"] if safe else []
    with open(path, "rb") as file:
        state = file.read()
    values = np.frombuffer(state, np.float64)
    epoch = int(values[0]) if len(values) else -1
    with open(path + ".json", encoding="utf-8") as file:
        known = [one for one in json.load(file)["states"] if (one["bytes"], one["crc32"]) == (len(state), zlib.crc32(state))]
    if epoch < safe or len(values) != 3000 or (values != epoch).any():
        return [f"bytes of epoch {epoch}, {safe} was safe"]
    if not known or known[0]["epoch"] != epoch or known[0]["metrics"]["val_loss"] != 1 / epoch:
        return [f"bytes of epoch {epoch} without their metrics: {known}"]
    return []


def judge(directory, told, closed):
    faults = []
    for one in (judge_maps, judge_metrics, judge_evaluation, judge_checkpoint, judge_bytes):
        try:
            faults += [f"{one.__name__}: {fault}" for fault in one(directory, told, closed)]
        except Exception as error:  # pylint: disable=broad-except
            faults.append(f"{one.__name__}: {type(error).__name__}: {error}")
    return faults


def try_one(victim, options, arguments):
    """\\returns faults, and how it ended"""
    directory = tempfile.mkdtemp(prefix="neurotape_fault_", dir=arguments.where)
    try:
        status, told, errors = run_victim(victim, directory, options, arguments.most_seconds)
        killed = status == -9 and arguments.deed in ("kill", "tear")
        refused = any("error" in line for line in told)
        faults = [] if killed or (status == 0 and not errors) else [f"ended with {status}: {errors}"]
        faults += judge(directory, told, not killed and not refused)
        again = {key: value for key, value in options.items() if key not in ("deed", "at", "times", "errno")}
        status, more, errors = run_victim(victim, directory, again)
        if status or errors or any("error" in line for line in more):
            faults.append(f"going on ends with {status}: {errors} {[line for line in more if 'error' in line]}")
        rows = [{"map": line["map"], "value": line["value"]} for line in more if "map" in line]
        faults += ["going on: " + fault for fault in judge(directory, [line for line in told if "map" not in line] + rows
                                                           + [line for line in more if "map" not in line], True)]
        left = [name for _, _, names in os.walk(directory) for name in names if name.startswith(".")]
        faults += [f"left behind: {left}"] if left else []
        return faults, "killed" if killed else "told" if refused else "unharmed"
    except subprocess.TimeoutExpired:
        return ["hangs"], "hung"
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(sweep(lambda directory, told: judge(directory, told, True), try_one))
