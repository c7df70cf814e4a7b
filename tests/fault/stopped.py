#!/usr/bin/env python3
"""fault_victim is stopped at any moment, looked at, and goes on: nothing is lost, and its files are right meanwhile.

    stopped.py VICTIM [option=value]...
"""

import os
import pathlib
import signal
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from judge import judge  # noqa: E402
from program import Program  # noqa: E402
from sweep import run_of  # noqa: E402

STOPS = 200 if os.environ.get("NEUROTAPE_LONG_TESTS") else 25


def main():
    victim_path, *options = sys.argv[1:]
    faults = []
    with tempfile.TemporaryDirectory(prefix="neurotape_stopped_", ignore_cleanup_errors=True) as directory:
        with Program("recorder", [victim_path, directory, "beats=0", "small=1", *options]) as victim:
            for _ in range(STOPS):
                victim.wait_for(victim.count("episode") + 1, "episode", "commit")
                victim.process.send_signal(signal.SIGSTOP)
                os.waitid(os.P_PID, victim.process.pid, os.WSTOPPED | os.WNOWAIT)
                faults += ["stopped: " + fault for fault in judge(run_of(directory), list(victim.lines))]
                victim.process.send_signal(signal.SIGCONT)
            victim.tell_to_stop()
            status = victim.end()
        if status:
            faults.append(f"ended with {status}: {victim.told_errors()}")
        if not any(line.get("finished") == 0 for line in victim.lines):
            faults.append("did not say that it had finished")
        faults += judge(run_of(directory), victim.lines)
    print(f"stopped {STOPS} times: {len(faults)} faults", *faults[:10], sep="\n")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
