"""Other people's programs, and ours, each as something that downloads one torrent and is measured."""

import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import urllib.parse
import urllib.request

from process import Program, transfer
from swarm import HERE, PYTHON, Torrent, Tracker, content, loopback, seeders

ROOT = os.path.dirname(os.path.dirname(HERE))

# What the class cache is made with: enough for the compilers to have seen all that is hot.
TRAINING_BYTES = 64 << 20
TRAINING_PORT = 26799


def launcher_flags():
    """The JVM flags that the launcher gives a worker."""
    with open(os.path.join(ROOT, "piecework"), encoding="utf-8") as file:
        script = file.read()
    common = re.search(r"\nflags=\(([^)]*)\)", script)
    worker = re.search(r"\n  worker\)[^;]*?flags\+=\(([^)]*)\)", script)
    return (common.group(1) + " " + worker.group(1)).split()


JAVA_FLAGS = launcher_flags()


def java():
    """The java of the JDK that the launcher would take."""
    home = os.environ.get("JAVA_HOME", "")
    for candidate in [home] + sorted(
            (os.path.join("/usr/lib/jvm", each) for each in os.listdir("/usr/lib/jvm"))
            if os.path.isdir("/usr/lib/jvm") else []):
        try:
            with open(os.path.join(candidate, "release"), encoding="utf-8") as file:
                version = file.read().partition('JAVA_VERSION="')[2].split('"')[0].split(".")[0]
            if version.isdigit() and int(version) >= 25:
                return os.path.join(candidate, "bin", "java")
        except OSError:
            continue
    return shutil.which("java") or "java"


def bench_class(name, flags=None):
    """Command line of one of the bench module's programs."""
    target = os.path.join(ROOT, "bench", "target")
    return [java(), *(JAVA_FLAGS if flags is None else flags), "-cp",
            f"{target}/bench.jar:{target}/lib/*", f"dev.piecework.bench.{name}"]


def own_address():
    """An address of this machine that is not loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return probe.getsockname()[0]
        except OSError:
            return "127.0.0.1"


class Client:
    """Something that downloads."""

    name = ""
    package = ""

    def missing(self):
        """Why it cannot be measured here; empty if it can."""
        return "" if shutil.which(self.program) else (
            f"{self.program} is not installed: apt-get install {self.package}")

    def download(self, torrent, peers, work):
        """Downloads into `work` (an empty folder) and returns what it cost."""
        raise NotImplementedError


class Floor(Client):
    """No protocol at all."""

    name = "floor (recv + SHA-1 + write)"

    def missing(self):
        return ""

    def download(self, torrent, peers, work):
        listener = socket.create_server(("127.0.0.1", 0))

        def send():
            connection, _ = listener.accept()
            with connection, open(torrent.path, "rb") as file:
                connection.sendfile(file)

        threading.Thread(target=send, daemon=True).start()
        target = os.path.join(work, torrent.name)
        program = Program([
            PYTHON, os.path.join(HERE, "floor.py"), "127.0.0.1",
            str(listener.getsockname()[1]), target, str(torrent.size),
            str(torrent.info["piece length"])], log=os.path.join(work, "log"))
        try:
            return transfer(program, target, torrent.size)
        finally:
            program.stop()
            listener.close()


class Piecework(Client):
    """Our engine with nothing around it, under the worker's JVM flags, with a class cache of its own
    as the launcher makes one for the worker."""

    name = "piecework"
    cache = os.path.join(ROOT, "bench", "target", "engine.aot")

    def missing(self):
        return ""

    def make_cache(self):
        """Makes the class cache by a small download, unless there is one that fits what was built."""
        target = os.path.join(ROOT, "bench", "target")
        library = os.path.join(target, "lib")
        made_of = [os.path.join(target, "bench.jar"), os.path.join(ROOT, "piecework")]
        made_of += [os.path.join(library, each) for each in os.listdir(library)]
        if os.path.exists(self.cache) and all(
                os.path.getmtime(each) < os.path.getmtime(self.cache) for each in made_of):
            return
        with tempfile.TemporaryDirectory() as work:
            torrent = Torrent(content(os.path.join(work, "content.bin"), TRAINING_BYTES, 1), 1 << 20)
            seeder, = seeders(1, [torrent], work, TRAINING_PORT)
            try:
                Program(
                    bench_class("EngineAlone", JAVA_FLAGS + [f"-XX:AOTCacheOutput={self.cache}"])
                    + ["download", torrent.write(os.path.join(work, "it.torrent")),
                       os.path.join(work, "downloaded"), f"127.0.0.1:{TRAINING_PORT}"],
                    log=os.path.join(work, "log")).wait(300)
            finally:
                seeder.close()

    def download(self, torrent, peers, work):
        self.make_cache()
        target = os.path.join(work, torrent.name)
        # Of a cache that does not fit the flags, Java says nothing and goes on without.
        flags = JAVA_FLAGS + [f"-XX:AOTCache={self.cache}", "-Xlog:aot*=off", "-Xlog:cds*=off"]
        program = Program(
            bench_class("EngineAlone", flags + os.environ.get("BENCH_JAVA_OPTS", "").split())
            + ["download", torrent.write(os.path.join(work, "it.torrent")), target]
            + [f"{host}:{port}" for host, port in peers],
            env={"MALLOC_ARENA_MAX": "2"}, log=os.path.join(work, "log"))
        try:
            result = transfer(program, target, torrent.size)
            with open(program.log, encoding="utf-8") as log:
                wasted = [line for line in log if line.startswith("wasted ")]
            result["wasted"] = int(wasted[0].split()[1]) / torrent.size * 100
            return result
        finally:
            program.stop()


class Aria2(Client):
    """aria2c, which ends when it is done."""

    name = "aria2"
    program = "aria2c"
    package = "aria2"

    def command(self, torrent, tracker, work, folder):
        """The command line."""
        return [
            "aria2c", "--no-conf=true", f"--dir={folder}",
            "--listen-port=26881-26999", "--enable-dht=false", "--enable-dht6=false",
            "--bt-enable-lpd=false", "--enable-peer-exchange=false", "--disable-ipv6=true",
            "--file-allocation=none", "--seed-time=0", "--summary-interval=0",
            "--console-log-level=error", torrent.write(os.path.join(work, "it.torrent"), tracker)]

    def download(self, torrent, peers, work):
        tracker = Tracker()
        tracker.peers = peers
        program = Program(
            self.command(torrent, tracker.url, work, work), env={"HOME": work},
            log=os.path.join(work, "log"))
        try:
            return transfer(program, os.path.join(work, torrent.name), torrent.size)
        finally:
            program.stop()
            tracker.close()


class Libtorrent(Client):
    """libtorrent-rasterbar by Debian's Python binding."""

    name = "libtorrent"

    def missing(self):
        found = subprocess.run([PYTHON, "-c", "import libtorrent"], capture_output=True)
        return "" if found.returncode == 0 else (
            "libtorrent is not installed: apt-get install python3-libtorrent")

    def download(self, torrent, peers, work):
        target = os.path.join(work, torrent.name)
        program = Program(
            [PYTHON, os.path.join(HERE, "libtorrent_leecher.py"),
             torrent.write(os.path.join(work, "it.torrent")), work, "26880"]
            + [f"{host}:{port}" for host, port in peers], log=os.path.join(work, "log"))
        try:
            return transfer(program, target, torrent.size)
        finally:
            program.stop()


class Transmission(Client):
    """transmission-daemon. It keeps one connection per address, so of several seeders on one
    machine it uses one."""

    name = "transmission"
    program = "transmission-daemon"
    package = "transmission-daemon"

    def download(self, torrent, peers, work):
        tracker = Tracker()
        tracker.peers = [(own_address(), port) for _, port in peers]
        settings = os.path.join(work, "settings")
        os.makedirs(os.path.join(settings, "torrents"))
        done = os.path.join(work, "done")
        script = os.path.join(work, "done.sh")
        with open(script, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\ntouch {done}\n")
        os.chmod(script, 0o755)
        torrent.write(os.path.join(settings, "torrents", "it.torrent"), tracker.url)
        with open(os.path.join(settings, "settings.json"), "w", encoding="utf-8") as file:
            json.dump({
                "download-dir": work, "peer-port": 26879, "rpc-enabled": False,
                "dht-enabled": False, "lpd-enabled": False, "pex-enabled": False,
                "utp-enabled": False, "port-forwarding-enabled": False, "encryption": 0,
                "preallocation": 0, "rename-partial-files": False,
                "script-torrent-done-enabled": True, "script-torrent-done-filename": script,
                "incomplete-dir-enabled": False}, file)
        program = Program(
            ["transmission-daemon", "--foreground", "--config-dir", settings],
            env={"HOME": settings}, log=os.path.join(work, "log"))
        try:
            return transfer(
                program, os.path.join(work, torrent.name), torrent.size,
                lambda: os.path.exists(done))
        finally:
            program.stop()
            tracker.close()


class Qbittorrent(Client):
    """qbittorrent-nox, told what to do by its web API."""

    name = "qbittorrent"
    program = "qbittorrent-nox"
    package = "qbittorrent-nox"

    def download(self, torrent, peers, work):
        tracker = Tracker()
        tracker.peers = peers
        with socket.create_server(("127.0.0.1", 0)) as free:
            web = free.getsockname()[1]
        api = f"http://127.0.0.1:{web}/api/v2/"
        configuration = os.path.join(work, "profile", "qBittorrent", "config")
        os.makedirs(configuration)
        with open(os.path.join(configuration, "qBittorrent.conf"), "w", encoding="utf-8") as file:
            file.write(
                "[LegalNotice]\nAccepted=true\n[BitTorrent]\n"
                "Session\\Port=26878\nSession\\DHTEnabled=false\nSession\\LSDEnabled=false\n"
                "Session\\PeXEnabled=false\nSession\\BTProtocol=TCP\nSession\\Encryption=0\n"
                "Session\\MultiConnectionsPerIp=true\nSession\\QueueingSystemEnabled=false\n"
                "Session\\IgnoreLimitsOnLAN=false\n[Network]\nPortForwardingEnabled=false\n"
                "[Preferences]\nWebUI\\Address=127.0.0.1\n"
                f"WebUI\\Port={web}\nWebUI\\LocalHostAuth=false\nWebUI\\CSRFProtection=false\n"
                "WebUI\\HostHeaderValidation=false\n")
        path = torrent.write(os.path.join(work, "it.torrent"), tracker.url)
        program = Program(
            ["qbittorrent-nox", f"--profile={work}/profile", f"--webui-port={web}",
             f"--save-path={work}", path],
            env={"HOME": work}, log=os.path.join(work, "log"))

        def complete():
            if not os.path.exists(os.path.join(work, torrent.name)):
                return False
            try:
                with urllib.request.urlopen(api + "torrents/info", timeout=5) as answer:
                    found = json.load(answer)
                return bool(found) and found[0]["progress"] >= 1 and (
                    not found[0]["state"].startswith("checking"))
            except OSError:
                return False

        try:
            return transfer(program, os.path.join(work, torrent.name), torrent.size, complete)
        finally:
            program.stop()
            tracker.close()


LEECHERS = [Floor(), Piecework(), Aria2(), Libtorrent(), Transmission(), Qbittorrent()]
