#!/usr/bin/env python3
"""`neurotape watch` on a pseudo-terminal beside fault_victim: what is drawn, how it is left, and in which state.

    watch_screen.py VICTIM TOOL
"""

import fcntl
import os
import pathlib
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from program import MOST_SECONDS, Program  # noqa: E402
from sweep import run_of  # noqa: E402

SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
HOME = "\x1b[H"
ENTER, LEAVE = "\x1b[?1049h", "\x1b[?1049l"
SHOW_CURSOR, WRAP = "\x1b[?25h", "\x1b[?7h"
BLOCKS = "▁▂▃▄▅▆▇█"


class Screen:
    """The command on a terminal of this size."""

    def __init__(self, command, columns, rows, locale="C.UTF-8"):
        self.master, self.slave = pty.openpty()
        self.resize(columns, rows)
        self.before = termios.tcgetattr(self.slave)
        environment = {**os.environ, "TERM": "xterm", "LC_ALL": locale}
        self.process = subprocess.Popen(command, stdin=self.slave, stdout=self.slave, stderr=self.slave, env=environment,
                                        start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.text = ""

    def resize(self, columns, rows):
        self.columns, self.rows = columns, rows
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def frames(self):
        """Those that are whole, as lines without sequences."""
        text = self.text.replace("\r\r\n", "\r\n")  # the terminal begins lines anew, too
        return [[SEQUENCE.sub("", line) for line in frame.split("\r\n")] for frame in text.split(HOME)[1:-1]]

    def read_until(self, what, condition):
        end = time.monotonic() + MOST_SECONDS
        while not condition():
            if not select.select([self.master], [], [], max(0, end - time.monotonic()))[0]:
                raise SystemExit(f"no {what} in {MOST_SECONDS} s: {self.text[-400:]!r}")
            self.text += os.read(self.master, 65536).decode(errors="replace")

    def wait_for_frames(self, count):
        wanted = len(self.frames()) + count
        self.read_until("frames", lambda: len(self.frames()) >= wanted)

    def send(self, keys):
        os.write(self.master, keys)

    def end(self, status):
        """Faults of how it ends, and of how it leaves the terminal."""
        self.read_until("end", lambda: LEAVE in self.text)
        found = self.process.wait(MOST_SECONDS)
        faults = [] if found == status else [f"it ended with {found}, not {status}"]
        faults += self.faults_of_terminal()
        os.close(self.slave)
        os.close(self.master)
        return faults

    def faults_of_terminal(self):
        faults = [] if termios.tcgetattr(self.slave) == self.before else ["the terminal has other modes than before"]
        after = self.text.rsplit(ENTER, 1)[1]
        return faults + [f"{name!r} was not sent" for name in [LEAVE, SHOW_CURSOR, WRAP] if name not in after]

    def faults_of_frames(self, frames):
        faults = [f"{len(line)} of {self.columns} columns: {line}"
                  for frame in frames for line in frame if len(line) > self.columns]
        faults += [f"{len(frame)} lines of {self.rows}" for frame in frames if len(frame) != self.rows]
        return faults + [f"no name in {frame}" for frame in frames if not frame[0].startswith("run ")]


def quit_by_key(command):
    """Also: everything that a screen has."""
    screen = Screen(command, 132, 40)
    screen.wait_for_frames(3)
    screen.send(b"jx")  # other keys mean nothing
    screen.wait_for_frames(1)
    frames = screen.frames()
    faults = screen.faults_of_frames(frames)
    screen.send(b"q")
    text = "\n".join(frames[-1])
    print(text.rstrip())
    for word in ["recording for 0:", "being recorded", "a second", " % of ", "no rows", "rows/s", "neural_states/v0",
                 "spikes/p", "2 a step"]:
        faults += [] if word in text else [f"'{word}' is not on the screen"]
    faults += [] if any(block in text for block in BLOCKS) else ["there is no spark line"]
    return faults + screen.end(0)


def quit_by_interrupt(command):
    screen = Screen(command, 80, 24)
    screen.wait_for_frames(1)
    screen.send(b"\x03")
    return screen.end(0)


def ended_by_signal(command):
    screen = Screen(command, 80, 24)
    screen.wait_for_frames(1)
    screen.process.terminate()
    return screen.end(-signal.SIGTERM)


def narrow_and_resized(command):
    screen = Screen(command, 31, 9)
    screen.wait_for_frames(2)
    faults = screen.faults_of_frames(screen.frames())
    screen.resize(50, 14)  # which tells the process
    screen.read_until("frame of another size", lambda: len(screen.frames()[-1]) == 14)
    seen = len(screen.frames())
    screen.wait_for_frames(2)
    faults += screen.faults_of_frames(screen.frames()[seen:])
    faults += [] if "more stream" in screen.frames()[-1][-1] else ["it hides that there are more streams"]
    screen.send(b"q")
    return faults + screen.end(0)


def without_utf8(command):
    screen = Screen(command, 132, 40, locale="C")
    screen.wait_for_frames(3)
    faults = [] if screen.text.isascii() else ["it shows what the locale has not"]
    screen.send(b"q")
    return faults + screen.end(0)


def stopped_and_continued(command):
    screen = Screen(command, 80, 24)
    screen.wait_for_frames(1)
    screen.send(b"\x1a")
    screen.read_until("stop", lambda: LEAVE in screen.text)
    os.waitid(os.P_PID, screen.process.pid, os.WSTOPPED | os.WNOWAIT)
    faults = screen.faults_of_terminal()
    screen.text = ""
    screen.process.send_signal(signal.SIGCONT)
    screen.wait_for_frames(1)
    screen.send(b"q")
    return faults + screen.end(0)


def ends_with_the_run(command, victim):
    screen = Screen(command, 100, 30)
    screen.wait_for_frames(1)
    victim.tell_to_stop()
    faults = [] if victim.end() == 0 else ["the recorder failed"]
    # Where it can still be read, when the screen has gone.
    screen.read_until("last words", lambda: ": finished, " in screen.text.rsplit(LEAVE, 1)[-1])
    return faults + screen.end(0)


def main():
    victim_path, tool = sys.argv[1:]
    faults = []
    with tempfile.TemporaryDirectory(prefix="neurotape_screen_") as directory:
        with Program("recorder", [victim_path, directory, "beats=0", "rows=20", "small=0"]) as victim:
            victim.wait_for(1, "episode", "commit")
            command = [tool, "watch", run_of(directory), "--every", "0.05"]
            for case in [quit_by_key, quit_by_interrupt, ended_by_signal, narrow_and_resized, without_utf8,
                         stopped_and_continued]:
                faults += [f"{case.__name__}: {fault}" for fault in case(command)]
            faults += [f"ends_with_the_run: {fault}" for fault in ends_with_the_run(command, victim)]
    print(f"{len(faults)} faults", *faults[:10], sep="\n")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
