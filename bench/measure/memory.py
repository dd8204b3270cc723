"""Brings the machine's memory into the same state before each turn."""

import os
import random

# Of a sparse file nothing is read from the disk, but what is read fills the page cache all the same.
STEP = 16 << 20
FILE_SIZE = 8 << 40
# Somewhat more than the kernel keeps free by itself.
SPARE_KIB = 512 << 10


def kib(name):
    """A line of /proc/meminfo."""
    with open("/proc/meminfo", encoding="ascii") as file:
        for line in file:
            if line.startswith(name + ":"):
                return int(line.split()[1])
    raise RuntimeError(f"/proc/meminfo does not tell {name}")


def fill(path):
    """Fills free memory with page cache that nobody needs, as on a machine that has been up for days.

    Where a host takes free memory back from its virtual machines, a free page has to be had again
    from the host first, and a program would pay for what happened to be free when it came.
    """
    with open(path, "a+b") as file:
        file.truncate(FILE_SIZE)
        buffer = bytearray(STEP)
        # Never the same place twice: what is read again is taken for something that is needed.
        offset = random.randrange(FILE_SIZE // STEP // 2) * STEP
        end = offset + kib("MemTotal") * 1024
        while offset < end and kib("MemFree") > SPARE_KIB:
            offset += os.preadv(file.fileno(), [buffer], offset)
