"""Processes beside the test, whose lines are read as they come; and a recorder that waits for its readers."""

import collections
import json
import subprocess
import threading

MOST_SECONDS = 120  # until a test gives up; nothing is measured by it
LEAD = 8  # commits that a recorder may be ahead of its slowest reader


class Program:
    """A process, until the end of the `with`: none may write into a directory that is being removed."""

    def __init__(self, name, command):
        self.name, self.lines, self.errors, self.listeners = name, [], [], []
        self.keys = collections.Counter()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.changed, self.ended = threading.Condition(), False
        self.threads = [threading.Thread(target=self.read_lines, daemon=True),
                        threading.Thread(target=lambda: self.errors.extend(self.process.stderr), daemon=True)]
        for thread in self.threads:
            thread.start()

    def __enter__(self):
        return self

    def __exit__(self, error, *_):
        if error:
            print(f"{self.name}: {len(self.lines)} lines, the last {self.lines[-1:]}; {self.told_errors()}", flush=True)
        self.process.kill()
        self.end()

    def read_lines(self):
        for line in self.process.stdout:
            if line.endswith(b"\n"):  # a killed process may leave half a line
                self.add(json.loads(line))
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def add(self, line):
        with self.changed:
            self.lines.append(line)
            self.keys.update(line.keys())
            self.changed.notify_all()
        for listener in self.listeners:
            listener()

    def count(self, key):
        """Of lines that have it."""
        return self.keys[key]

    def wait_for(self, count, key, what):
        """Until it has written so many lines that have a `key`."""
        with self.changed:
            self.changed.wait_for(lambda: self.ended or self.count(key) >= count, MOST_SECONDS)
            if self.count(key) >= count:
                return
        why = f"ended before its {what}" if self.ended else f"no {what} in {MOST_SECONDS} s"
        raise SystemExit(f"{self.name}: {why}: {self.told_errors()}")

    def tell(self, text):
        try:
            self.process.stdin.write(text)
            self.process.stdin.flush()
        except (BrokenPipeError, ValueError):
            pass  # it has ended, or has been told to

    def tell_to_stop(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass

    def end(self):
        """\\returns its exit status"""
        status = self.process.wait(MOST_SECONDS)
        for thread in self.threads:
            thread.join(MOST_SECONDS)
        return status

    def told_errors(self):
        return b"".join(self.errors).decode(errors="replace").strip()[-400:]


class Pace:
    """Lets a recorder with paced=yes go on whenever each reader has looked again. A reader whose looks take longer than
    a commit would fall back for ever otherwise, on a machine that is busy enough."""

    def __init__(self, recorder):
        self.recorder, self.readers, self.looks = recorder, [], []
        self.granted, self.lock = 0, threading.Lock()
        self.go_on()

    def follow(self, readers):
        self.readers, self.looks = readers, [0] * len(readers)
        for reader in readers:
            reader.listeners.append(self.go_on)

    def go_on(self):
        with self.lock:
            looks = [reader.count("looks") for reader in self.readers]
            if all(now > before for now, before in zip(looks, self.looks)):
                more = self.recorder.count("episode") + LEAD - self.granted
                self.recorder.tell(b"go on\n" * more)
                self.looks, self.granted = looks, self.granted + more
