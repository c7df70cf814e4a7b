#!/usr/bin/env python3
"""More episodes are recorded than have their files open, and h5py asks for each file to write into it.

    strangers.py VICTIM [option=value]...

Files that are open refuse it. One that is closed between two commits has no lock, and takes an attribute: the recorder
has to go on behind it, and what it tells to be safe has to be there, and sound.
"""

import glob
import os
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from judge import judge  # noqa: E402
from live import GOT_IN, strangers  # noqa: E402
from program import Program  # noqa: E402
from sweep import run_of, verify  # noqa: E402

OTHERS = 14
BEATS = 2
LEAST_REFUSED = 10  # of those that have their files open


def main():
    victim, *options = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="neurotape_strangers_", ignore_cleanup_errors=True) as directory:
        command = [victim, directory, "beats=0", "paced=yes", f"open={OTHERS}", "small=0", "late=0", *options]
        with Program("recorder", command) as recorder:
            told = (1 + OTHERS) * BEATS
            recorder.tell(b"go on\n" * BEATS)
            recorder.wait_for(told, "episode", "commits")
            run = run_of(directory)
            count = len(glob.glob(os.path.join(run, "episodes", "episode_*.h5")))
            answers = strangers(run)
            faults = [answer for answer in answers if GOT_IN not in answer]
            let_in = (len(answers) - len(faults)) // 2  # each was asked in two ways
            recorder.tell(b"go on\n" * BEATS)
            recorder.wait_for(2 * told, "episode", "commits after strangers")
            faults += judge(run, recorder.lines) + verify(victim, run)
            recorder.tell_to_stop()
            if status := recorder.end():
                faults.append(f"the recorder ended with {status}: {recorder.told_errors()}")
            faults += [f"told: {line['error']}" for line in recorder.lines if "error" in line]
            faults += judge(run, recorder.lines) + verify(victim, run)
    print(f"{count} files, {let_in} of them closed and changed, {len(faults)} faults", *faults, sep="\n")
    return bool(faults) or count != 1 + OTHERS or count - let_in < LEAST_REFUSED or not let_in


if __name__ == "__main__":
    sys.exit(main())
