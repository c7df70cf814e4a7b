#!/usr/bin/env python3
"""Damaged, hostile and foreign files: the command ends with an answer or a complaint, never by a signal, and soon.

usage: survive.py <neurotape> hostile [NAME...]    files and runs that are made here, each with what is to be said of it
       survive.py <neurotape> corpus               files found in the wild: $NEUROTAPE_TEST_DATA/hdf5_robustness
--no-memory-limit: for a command that was built with sanitizers.
"""

import argparse
import csv
import glob
import os
import resource
import subprocess
import sys
import tempfile

MOST_SECONDS = 5
MOST_BYTES = 1 << 30
SKIPPED = 77
SAMPLE = 4  # of the corpus in a normal run: every so many files, and all that are known to be evil


class Command:
    def __init__(self, path, limited):
        self.path, self.limited = path, limited

    def limit(self):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if self.limited:
            resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))

    def answer(self, verb, path):
        """Exit status and all that was said; a status that is text is what must not be."""
        try:
            done = subprocess.run([self.path, verb, path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, preexec_fn=self.limit, timeout=MOST_SECONDS)
        except subprocess.TimeoutExpired:
            return f"took more than {MOST_SECONDS} s", ""
        said = (done.stdout + done.stderr).decode("utf-8", "replace")
        if done.returncode not in (0, 1, 2):
            return f"ended with {done.returncode}", said
        # What verify finds is its answer.
        if done.returncode != 0 and not (done.stderr or verb == "verify" and done.stdout):
            return "did not say why", said
        if b"\x1b" in done.stdout + done.stderr:
            return "passed terminal codes on", said
        return done.returncode, said


def problem(command, path, status=None, words=()):
    """What is wrong with the answers about a file; empty: nothing. `status` is the worst of them, None: any."""
    statuses, texts = zip(*(command.answer(verb, path) for verb in ("info", "ls")))
    watched, _ = command.answer("watch", path)  # reads rows, too, and so may find what the others need not
    bad = [each for each in (*statuses, watched) if isinstance(each, str)]
    if not bad and status is not None and max(statuses) != status:
        bad.append(f"ended with {statuses}, not {status}")
    found, said = command.answer("verify", path)
    if isinstance(found, str):
        bad.append(f"verify {found}: {said}")
    elif not bad and found == 0 and max(statuses) != 0:
        bad.append(f"verify finds it sound, info and ls ended with {statuses}")
    bad += [f"did not say '{word}'" for word in words if word not in "".join(texts)]
    return "; ".join(bad) + "\n" + "".join(texts) if bad else ""


def problem_of_recovery(command, path):
    """The same of `recover`, in the run that it is or as an episode of one. Changes the run."""
    run = path
    if not os.path.isdir(path):
        run = path + ".run"
        os.makedirs(os.path.join(run, "episodes"))
        os.rename(path, os.path.join(run, "episodes", "episode_0000.h5"))
    status, said = command.answer("recover", run)
    return f"recover {status}\n{said}" if isinstance(status, str) else ""


def check_hostile(command, names):
    import hostile
    cases = hostile.CASES
    failures = 0
    with tempfile.TemporaryDirectory() as directory:
        for name in names or cases:
            make, status, words = cases[name]
            path = os.path.join(directory, name + ".h5")
            make(path)
            found = problem(command, path, status, words) or problem_of_recovery(command, path)
            if found:
                print(f"{name}: {found}")
                failures += 1
    print(f"{len(names or cases)} damaged or hostile files and runs, {failures} failures")
    return failures


def killers(data):
    """Files that are known to kill libhdf5, as the list of the test data says."""
    with open(os.path.join(data, "SOURCES.csv"), newline="", encoding="utf-8") as table:
        return {os.path.join(data, row[0]) for row in csv.reader(table)
                if row[0].startswith("hdf5_robustness/") and any("CRASH" in text for text in row[1:])}


def check_corpus(command):
    folder = os.path.join(os.environ.get("NEUROTAPE_TEST_DATA", ""), "hdf5_robustness")
    if not os.path.isabs(folder) or not os.path.isdir(folder):
        print("skipped: NEUROTAPE_TEST_DATA does not name a directory with hdf5_robustness/")
        sys.exit(SKIPPED)
    files = sorted(path for path in glob.glob(folder + "/**", recursive=True) if os.path.isfile(path))
    if not os.environ.get("NEUROTAPE_LONG_TESTS"):
        evil = killers(os.path.dirname(folder))
        assert evil and evil <= set(files), f"not there: {evil - set(files)}"
        files = [path for i, path in enumerate(files) if i % SAMPLE == 0 or "/cve_hdf5/" in path or path in evil]
    failures = 0
    for path in files:
        found = problem(command, path)
        if found:
            print(f"{path}: {found}")
            failures += 1
    print(f"{len(files)} files of others, {failures} failures")
    return failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command")
    parser.add_argument("what", choices=["hostile", "corpus"])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--no-memory-limit", action="store_true")
    given = parser.parse_args()
    command = Command(given.command, not given.no_memory_limit)
    failures = check_hostile(command, given.names) if given.what == "hostile" else check_corpus(command)
    sys.exit(failures != 0)


if __name__ == "__main__":
    main()
