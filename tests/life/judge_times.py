#!/usr/bin/env python3
"""The times of each episode of a run do not go back: judge_times.py RUN COMMITS, of which there are at least so many."""

import datetime
import glob
import sys

import h5py


def seconds(text):
    return datetime.datetime.fromisoformat(text.decode().replace("Z", "+00:00")).timestamp()


def main():
    seen = 0
    for path in glob.glob(f"{sys.argv[1]}/episodes/*.h5"):
        with h5py.File(path, "r") as file:
            for episode in [file] if "episode_id" in file.attrs else file.values():
                commits = list(episode["commits"]["wall_time"]) if "commits" in episode else []
                seen += len(commits)
                ended = episode.attrs["ended"] if "ended" in episode.attrs else b""
                times = [seconds(episode.attrs["started"]), *commits, *([seconds(ended)] if ended else [])]
                print(times)
                assert times == sorted(times), times
                assert times[-1] - times[0] < 600, times
    assert seen >= int(sys.argv[2]), seen


main()
