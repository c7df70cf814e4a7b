"""Runs the lines of docs/cookbook.md where RUN and OTHER are runs, with the command in PATH.

usage: cookbook_judge.py COOKBOOK sh|python|cpp [SOURCE]     cpp: whether its lines are in SOURCE, in order
"""

import re
import subprocess
import sys


def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def run_shell(page):
    for line in "".join(blocks(page, "sh")).splitlines():
        done = subprocess.run(["bash", "-c", "set -o pipefail; " + line], capture_output=True, text=True)
        assert done.returncode == 0, f"{line}: {done.returncode} {done.stderr}"
        assert done.stdout, line
    return len(blocks(page, "sh"))


def run_python(page):
    found = blocks(page, "python")
    names = {}
    for block in found:
        exec(block, names)
        if "other" not in names:
            names["other"] = names["h5py"].File("OTHER/experiment_data.h5")["episodes/episode_0000"]
    return len(found)


def find_cpp(page, source):
    squeezed = re.sub(r"\s+", "", open(source).read())
    found = blocks(page, "cpp")
    for block in found:
        lines = re.sub(r"\s+", "", re.sub(r"//.*", "", block))
        assert lines in squeezed, f"{source} does not have: {block}"
    return len(found)


def main(cookbook, language, *source):
    page = open(cookbook).read()
    questions = [int(number) for number in re.findall(r"^### (\d+)\. ", page, re.MULTILINE)]
    assert questions == list(range(1, len(questions) + 1)), questions
    count = {"sh": run_shell, "python": run_python, "cpp": find_cpp}[language](page, *source)
    assert count >= len(questions), count
    print("as it should be")


if __name__ == "__main__":
    main(*sys.argv[1:])
