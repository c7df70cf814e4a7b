#!/usr/bin/env python3
"""All CASES of damaged and hostile files and runs. As a program it makes one: hostile.py <name> <path>."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../unit/loader"))

import hostile_runs  # noqa: E402, F401: imports those that add the cases
from hostile_files import CASES  # noqa: E402

if __name__ == "__main__":
    CASES[sys.argv[1]][0](sys.argv[2])
