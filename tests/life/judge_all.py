#!/usr/bin/env python3
"""Judges runs, each in a directory of its own beside the file `told`: judge_all.py DIRECTORY"""

import json
import os
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "fault"))
from judge import judge  # noqa: E402


def main():
    bad = judged = safe = 0
    for directory in sorted(pathlib.Path(sys.argv[1]).iterdir()):
        told = [json.loads(line) for line in (directory / "told").read_text().splitlines()]
        runs = [name for name in os.listdir(directory) if name.startswith("run_")]
        faults = judge(str(directory / runs[0]) if runs else None, told)
        judged += 1
        safe += len(told)
        bad += bool(faults)
        if faults:
            print(f"{directory.name}: {'; '.join(faults[:4])}")
    print(f"{judged} runs, {safe} flushes, {bad} bad")
    return bad != 0 or safe == 0


if __name__ == "__main__":
    sys.exit(main())
