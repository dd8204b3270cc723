"""Content, torrents, a tracker, and seeders of other people's making."""

import hashlib
import json
import os
import random
import subprocess
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from process import Program

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = "/usr/bin/python3"


def encode(value):
    """Bencodes (BEP 3)."""
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, list):
        return b"l" + b"".join(map(encode, value)) + b"e"
    items = sorted((key.encode(), each) for key, each in value.items())
    return b"d" + b"".join(encode(key) + encode(each) for key, each in items) + b"e"


def content(path, size, seed):
    """Writes pseudo-random bytes, unless they are there already."""
    if os.path.exists(path) and os.path.getsize(path) == size:
        return path
    os.makedirs(os.path.dirname(path), exist_ok=True)
    source = random.Random(seed)
    with open(path + ".new", "wb") as file:
        left = size
        while left > 0:
            block = source.randbytes(min(left, 4 << 20))
            file.write(block)
            left -= len(block)
    os.rename(path + ".new", path)
    return path


class Torrent:
    """A torrent of one file."""

    def __init__(self, path, piece):
        self.path = path
        self.folder, self.name = os.path.split(path)
        self.size = os.path.getsize(path)
        hashes = []
        with open(path, "rb") as file:
            while block := file.read(piece):
                hashes.append(hashlib.sha1(block).digest())
        self.info = {
            "length": self.size, "name": self.name, "piece length": piece,
            "pieces": b"".join(hashes)}
        self.info_hash = hashlib.sha1(encode(self.info)).digest()

    def write(self, path, tracker=None):
        """Writes the torrent file."""
        whole = {"info": self.info}
        if tracker:
            whole["announce"] = tracker
        with open(path, "wb") as file:
            file.write(encode(whole))
        return path


def loopback(port):
    """An address on this machine."""
    return ("127.0.0.1", port)


class Tracker:
    """Answers every announce with the same peers, and notes when each torrent was first asked for."""

    def __init__(self):
        self.peers = []
        self.first = {}
        self.lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self):
                now = time.time_ns()
                query = urllib.parse.urlparse(self.path).query
                for field in query.split("&"):
                    name, _, value = field.partition("=")
                    if name == "info_hash":
                        with outer.lock:
                            outer.first.setdefault(urllib.parse.unquote_to_bytes(value), now)
                compact = b"".join(
                    bytes(map(int, host.split("."))) + port.to_bytes(2, "big")
                    for host, port in outer.peers)
                body = encode({"interval": 1800, "peers": compact})
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                try:
                    self.end_headers()
                    self.wfile.write(body)
                except BrokenPipeError:
                    # Whoever says goodbye need not wait for an answer.
                    pass

            def log_message(self, *arguments):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 1024

        self.server = Server(("0.0.0.0", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/announce"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        """Ends it."""
        self.server.shutdown()
        self.server.server_close()


class Seeder:
    """A libtorrent process that has everything of some torrents, checked, and gives it to whoever asks."""

    def __init__(self, torrents, work, port):
        self.port = port
        name = os.path.join(work, f"seeder-{port}")
        options = {"port": port, "torrents": []}
        for number, torrent in enumerate(torrents):
            options["torrents"].append({
                "torrent": torrent.write(f"{name}-{number}.torrent"), "folder": torrent.folder})
        with open(name + ".json", "w", encoding="utf-8") as file:
            json.dump(options, file)
        self.program = Program(
            [PYTHON, os.path.join(HERE, "libtorrent_seeder.py"), name + ".json"],
            log=name + ".log", stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def await_ready(self):
        """Returns when it has checked everything and listens."""
        line = self.program.process.stdout.readline()
        if line.strip() != b"ready":
            raise RuntimeError("a seeder did not start: " + self.program.describe())
        return self

    def sent_bytes(self):
        """Bytes of blocks it has given."""
        pipe = self.program.process
        pipe.stdin.write(b"sent\n")
        pipe.stdin.flush()
        return int(pipe.stdout.readline())

    def close(self):
        """Kills it."""
        self.program.stop()


def seeders(count, torrents, work, first_port):
    """Starts seeders side by side."""
    started = [Seeder(torrents, work, first_port + i) for i in range(count)]
    return [each.await_ready() for each in started]
