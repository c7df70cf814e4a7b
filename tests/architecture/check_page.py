#!/usr/bin/env python3
"""Checks that the README's first page of C++ is, line by line, in the sources that are said to be that page.

Usage: check_page.py <root of the tree>
"""

import pathlib
import re
import sys

SOURCES = ["examples/quickstart.cpp", "tests/integration/page_test.cpp"]


def lines_of(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


def first_missing(page, source):
    """The first line of the page that does not come after the one before it; None where all do."""
    rest = iter(source)
    return next((line for line in page if line not in rest), None)


def main(root):
    page = lines_of(re.search(r"```cpp\n(.*?)```", (root / "README.md").read_text(), re.DOTALL)[1])
    assert len(page) > 20, "the README has no page of C++"
    assert first_missing(["a", "b"], ["a", "c", "b"]) is None and first_missing(["b", "a"], ["a", "b"]) == "a"
    missing = {source: first_missing(page, lines_of((root / source).read_text())) for source in SOURCES}
    for source, line in missing.items():
        if line:
            print(f"{source} lacks, or has elsewhere: {line}")
    return any(missing.values())


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
