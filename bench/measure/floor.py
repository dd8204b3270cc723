"""What a download costs without a protocol: receives a file piece by piece, hashes, writes.

Usage: floor.py HOST PORT FILE BYTES PIECE
"""

import hashlib
import os
import socket
import sys

host, port, path, size, piece = (
    sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
buffer = memoryview(bytearray(piece))
with socket.create_connection((host, port)) as connection:
    file = os.open(path, os.O_CREAT | os.O_WRONLY, 0o644)
    done = 0
    while done < size:
        want = min(piece, size - done)
        have = 0
        while have < want:
            count = connection.recv_into(buffer[have:want])
            if count == 0:
                raise EOFError("the sender ended early")
            have += count
        hashlib.sha1(buffer[:want]).digest()
        os.pwrite(file, buffer[:want], done)
        done += want
    os.close(file)
