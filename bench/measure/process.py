"""Processes that are measured: processor seconds, wall time and peak memory of the whole process."""

import os
import subprocess
import time

TICK = os.sysconf("SC_CLK_TCK")
CHILDREN = []


def cpu_seconds(pid):
    """User and system time of a running process with all its threads."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def cpu_seconds_of_all(name):
    """The same of all processes on this machine whose executable has this name."""
    total = 0.0
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit():
                with open(f"/proc/{entry}/comm", encoding="utf-8", errors="replace") as file:
                    if file.read().strip() == name:
                        total += cpu_seconds(int(entry))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total


def peak_mib(pid):
    """Peak resident set of a running process."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


def reset_peak(pid):
    """Lets the peak begin anew at what is resident now."""
    with open(f"/proc/{pid}/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


def stored_bytes(path):
    """Bytes that a sparse file, or a folder of them, really holds."""
    if os.path.isdir(path):
        return sum(stored_bytes(entry.path) for entry in os.scandir(path))
    try:
        return os.stat(path).st_blocks * 512
    except FileNotFoundError:
        return 0


class Program:
    """A running program whose end is waited for with its resource usage."""

    def __init__(self, command, env=None, folder=None, log=None, **pipes):
        self.log = log
        output = open(log, "wb") if log else subprocess.DEVNULL
        pipes.setdefault("stdin", subprocess.DEVNULL)
        pipes.setdefault("stdout", output)
        self.started = time.monotonic()
        # What the user's AWS tools are set to must not reach those that are measured.
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        self.process = subprocess.Popen(
            command, env={**inherited, **(env or {})}, cwd=folder, stderr=output, **pipes)
        if log:
            output.close()
        self.pid = self.process.pid
        self.usage = None
        self.highest = 0.0
        CHILDREN.append(self)

    def running(self):
        """Whether it has not ended; notes what it used when it has."""
        if self.usage is None:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self._ended(status, usage)
        return self.usage is None

    def _ended(self, status, usage):
        self.usage = usage
        self.ended = time.monotonic()
        self.process.returncode = os.waitstatus_to_exitcode(status)
        CHILDREN.remove(self)

    def wait(self, limit):
        """Waits for its end, which must be a good one."""
        while self.running():
            if time.monotonic() - self.started > limit:
                self.stop()
                raise RuntimeError(f"{self.describe()} did not end within {limit} s")
            self.peak()
            time.sleep(0.002)
        if self.process.returncode != 0:
            raise RuntimeError(f"{self.describe()} ended with {self.process.returncode}")

    def cpu(self):
        """Processor seconds so far, or in all."""
        if self.running():
            return cpu_seconds(self.pid)
        return self.usage.ru_utime + self.usage.ru_stime

    def peak(self):
        """Peak resident MiB so far, or in all."""
        if self.running():
            # Not what wait4 says: that counts the moment between fork and exec, when the child
            # still has all the memory of this process.
            self.highest = peak_mib(self.pid) or self.highest
        return self.highest

    def wall(self):
        """Seconds from start to end."""
        return self.ended - self.started

    def describe(self):
        """Its command, and the end of what it said."""
        said = ""
        if self.log and os.path.exists(self.log):
            with open(self.log, encoding="utf-8", errors="replace") as file:
                said = "\n" + file.read()[-1500:]
        return " ".join(map(str, self.process.args))[:300] + said

    def stop(self):
        """Kills it."""
        if self.running():
            self.process.kill()
            _, status, usage = os.wait4(self.pid, 0)
            self._ended(status, usage)


def stop_all():
    """Kills whatever this run has started and not yet stopped."""
    for program in list(CHILDREN):
        program.stop()


def transfer(program, path, total, complete=None, limit=1800):
    """Watches a download into `path` to its end.

    Returns processor seconds, wall seconds and peak MiB of the whole, from the start of the
    process, and seconds of the second half. `complete` says when the download is done in a
    program that does not end by itself.
    """
    half = None
    before = (0.0, 0, 0.0)  # seconds, bytes, processor seconds
    while True:
        ended = not program.running()
        done = False if ended or complete is None else complete()
        now = time.monotonic() - program.started
        cpu = program.cpu()
        peak = program.peak()
        if ended or done:
            break
        stored = stored_bytes(path)
        if half is None and stored * 2 >= total:
            share = (total / 2 - before[1]) / max(1, stored - before[1])
            half = (before[0] + share * (now - before[0]), before[2] + share * (cpu - before[2]))
        before = (now, stored, cpu)
        if now > limit:
            raise RuntimeError(f"{program.describe()} was not done within {limit} s")
        time.sleep(0.03)
    wall = program.wall() if ended else now
    if ended and program.process.returncode != 0:
        raise RuntimeError(f"{program.describe()} ended with {program.process.returncode}")
    program.stop()
    gib = total / 2**30
    result = {"cpu": cpu / gib, "wall": wall, "rss": peak}
    if half is not None:
        result["cpu_second_half"] = (cpu - half[1]) * 2 / gib
        result["wall_second_half"] = wall - half[0]
    return result
