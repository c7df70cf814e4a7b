#!/usr/bin/env python3
"""Runs the Python of a page in the directory of the newest run: run_page.py <page.md> <directory of runs>. 77: no pandas."""

import os
import pathlib
import re
import sys

try:
    import pandas  # noqa: F401
except ImportError:
    print("skipped: no pandas")
    sys.exit(77)

page, runs = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
code = "\n".join(re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL))
assert code, "the page has no Python"
os.chdir(max((run for run in runs.iterdir() if run.is_dir()), key=lambda run: run.stat().st_mtime))
names = {}
exec(compile(code, str(page), "exec"), names)  # pylint: disable=exec-used
assert len(names["maps"]) == len(names["predictions"]) > 0 and names["model"], "the page finds nothing"
print(f"{page.name} in {os.getcwd()}: {len(names['maps'])} maps, {len(names['epochs'])} epochs")
