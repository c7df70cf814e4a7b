#!/usr/bin/env python3
"""Runs the Python of a page in the directory of the newest run: run_page.py <page.md> <directory of runs>. 77: no pandas.

Where the page names a run, experiments/NAME_DATE_TIME, this one is meant.
"""

import os
import pathlib
import re
import sys

try:
    import pandas  # noqa: F401
except ImportError:
    print("skipped: no pandas")
    sys.exit(77)

# What the page says that one finds.
FOUND = {
    "artifacts.md": "len(maps) == len(predictions) > 0 and model",
    "README.md": "t.shape == (100,) and v.shape == (100, 1000) and ids.shape == (2000,) and found == [{'region': 'CA3'}]",
}

page, runs = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
code = "\n".join(re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL))
assert code, "the page has no Python"
newest = max((run for run in runs.iterdir() if run.is_dir()), key=lambda run: run.stat().st_mtime)
code = re.sub(r"experiments/\w+_\d{8}_\d{6}", str(newest), code)
os.chdir(newest)
names = {}
exec(compile(code, str(page), "exec"), names)  # pylint: disable=exec-used
assert eval(FOUND[page.name], names), f"the page does not find what it says: {FOUND[page.name]}"
print(f"{page.name} in {newest}: as it says")
