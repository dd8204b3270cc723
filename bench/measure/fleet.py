"""Services and workers, as an operator would start them, for the cases that need all of it."""

import os
import queue
import shutil
import subprocess
import threading
import time

from clients import ROOT, bench_class
from process import Program

LAUNCHER = os.path.join(ROOT, "piecework")


class Services:
    """Broker, database and object store; submits jobs and hears their events."""

    def __init__(self, work):
        self.work = work
        self.env = {}
        self.submitted = {}
        self.times = {}
        self.changed = threading.Condition()
        self.program = Program(
            bench_class("Services", ["-XX:+UseSerialGC", "-Xmx512m", "--enable-native-access=ALL-UNNAMED"]),
            log=os.path.join(work, "services.log"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        ready = queue.Queue()
        threading.Thread(target=self._listen, args=(ready,), daemon=True).start()
        if not ready.get(timeout=120):
            raise RuntimeError("the services did not start: " + self.program.describe())

    def _listen(self, ready):
        for line in self.program.process.stdout:
            words = line.decode().split()
            if not words:
                continue
            if words[0] == "env":
                name, _, value = line.decode().strip()[4:].partition("=")
                self.env[name] = value
            elif words[0] == "ready":
                ready.put(True)
            elif words[0] in ("event", "submitted"):
                with self.changed:
                    if words[0] == "event":
                        self.times.setdefault((words[1], words[2]), int(words[3]))
                    else:
                        self.submitted[words[1]] = int(words[2])
                    self.changed.notify_all()
        ready.put(False)

    def submit(self, job, torrent_file, *peers):
        """Publishes a job."""
        line = " ".join(["job", job, torrent_file, *(f"{host}:{port}" for host, port in peers)])
        self.program.process.stdin.write(line.encode() + b"\n")
        self.program.process.stdin.flush()

    def wait(self, condition, limit=900):
        """Waits until a condition on what has been heard holds."""
        with self.changed:
            if not self.changed.wait_for(condition, limit):
                raise RuntimeError(f"waited {limit} s; heard {len(self.times)} events")

    def await_event(self, kind, job, limit=900):
        """Waits for an event and returns when it was heard, in nanoseconds of the epoch."""
        def over():
            return (kind, job) in self.times or ("failed", job) in self.times
        self.wait(over, limit)
        if (kind, job) not in self.times:
            raise RuntimeError(f"job {job} failed")
        return self.times[(kind, job)]

    def empty_bucket(self):
        """Deletes all objects behind the store's back."""
        bucket = os.path.join(self.env["BENCH_STORE_FOLDER"], "bench")
        shutil.rmtree(bucket, ignore_errors=True)
        os.makedirs(bucket)

    def close(self):
        """Ends them in good order, so that nothing stays behind on a shared broker or database."""
        if self.program.running():
            self.program.process.stdin.close()
            try:
                self.program.wait(time.monotonic() - self.program.started + 30)
            except RuntimeError:
                self.program.stop()


class Worker:
    """A worker as the launcher starts it."""

    def __init__(self, services, work, settings=None):
        self.scratch = os.path.join(work, "scratch")
        self.log = os.path.join(work, "worker.log")
        environment = {
            **services.env, "PIECEWORK_SCRATCH_DIRECTORY": self.scratch,
            "PIECEWORK_NETWORK_ALLOW": "127.0.0.0/8",
            "PIECEWORK_JAVA_OPTS": os.environ.get("BENCH_JAVA_OPTS", ""), **(settings or {})}
        with open(self.log, "wb") as log:
            self.program = Program([LAUNCHER, "worker"], env=environment, stdout=log, log=None)

    def await_up(self, limit=120):
        """Waits until it says that it consumes; returns the seconds from its start."""
        while True:
            with open(self.log, encoding="utf-8", errors="replace") as file:
                if " is up" in file.read():
                    return time.monotonic() - self.program.started
            if not self.program.running() or time.monotonic() - self.program.started > limit:
                with open(self.log, encoding="utf-8", errors="replace") as file:
                    raise RuntimeError("the worker did not start: " + file.read()[-1500:])
            time.sleep(0.005)

    def stop(self):
        """Kills it and removes its scratch."""
        self.program.stop()
        shutil.rmtree(self.scratch, ignore_errors=True)
