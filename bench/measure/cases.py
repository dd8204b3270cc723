"""The cases: each is a list of turns, so that programs take turns and none has the quiet hour."""

import os
import shutil
import statistics
import subprocess
import time

import memory
from clients import LEECHERS, Aria2, bench_class
from fleet import LAUNCHER, Services, Worker
from process import Program, cpu_seconds_of_all, reset_peak, stop_all
from swarm import HERE, PYTHON, Torrent, Tracker, content, loopback, seeders

SEEDER_PORT = 26700
DOWNLOADS = [(1, 256 << 10), (8, 256 << 10), (1, 4 << 20), (8, 4 << 20)]
SLOW_SECONDS = 60


class Bench:
    """What all cases share: sizes, folders, the report."""

    def __init__(self, report, work, size, turns, quick, programs):
        self.report = report
        self.work = work
        self.size = size
        self.turns = turns
        self.quick = quick
        self.programs = programs
        self.small_jobs = 100 if quick else 1000

    def folder(self, name):
        """An empty folder."""
        path = os.path.join(self.work, name)
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        return path

    def content(self, size, seed=1):
        """A file of content, made once."""
        return content(os.path.join(self.work, "content", f"{size}-{seed}.bin"), size, seed)

    def leechers(self, case):
        """The programs that are here; the others are named."""
        self.report.begin(case)
        there = []
        for client in LEECHERS:
            if self.programs and not any(client.name.startswith(each) for each in self.programs):
                continue
            why = client.missing()
            if why:
                self.report.remark(case, f"{client.name}: not measured, {why}")
            else:
                there.append(client)
        return there

    def turn(self, case, program, action):
        """One measurement; a program that fails is named, and the rest goes on."""
        self.report.begin(case)
        memory.fill(os.path.join(self.work, "memory"))
        self.report.about[case]["load"].append(os.getloadavg()[0])
        try:
            result = action()
            self.report.add(case, program, result)
            print(f"  {program}: " + ", ".join(f"{k} {v:.2f}" for k, v in result.items()), flush=True)
        except (RuntimeError, OSError) as failure:
            self.report.remark(case, f"{program}: a turn failed: {str(failure)[:500]}")
            print(f"  {program}: FAILED {failure}", flush=True)


def human(size):
    """Bytes for people."""
    for unit, name in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if size >= unit:
            return f"{size / unit:g} {name}"
    return f"{size} B"


def download_name(bench, seeders_count, piece):
    """Name of a download case."""
    some = "1 seeder" if seeders_count == 1 else f"{seeders_count} seeders"
    return f"download alone: {human(bench.size)}, {some}, pieces of {human(piece)}"


def case_download(bench):
    """Download alone, from the same libtorrent seeders."""
    path = bench.content(bench.size)
    for count, piece in DOWNLOADS[::3] if bench.quick else DOWNLOADS:
        case = download_name(bench, count, piece)
        print(case, flush=True)
        torrent = Torrent(path, piece)
        clients = bench.leechers(case)
        running = seeders(count, [torrent], bench.folder("seeders"), SEEDER_PORT)
        try:
            peers = [loopback(each.port) for each in running]
            for _ in range(bench.turns):
                for client in list(clients):
                    work = bench.folder("download")
                    bench.turn(case, client.name,
                               lambda c=client, w=work: c.download(torrent, peers, w))
                    if (bench.report.median(case, client.name, "wall") or 0) > SLOW_SECONDS:
                        clients.remove(client)
                        bench.report.remark(
                            case, f"{client.name} takes more than {SLOW_SECONDS} s and had one turn")
                    if client.name == "transmission" and count > 1:
                        bench.report.remark(
                            case, "transmission keeps one connection per address, so it used one"
                            " of the seeders, which share theirs")
        finally:
            for each in running:
                each.close()
        bench.folder("download")


def copiers(env):
    """Programs that copy a file into the bucket: name, command for (file, key), environment."""
    endpoint = env["PIECEWORK_STORE_ENDPOINT"]
    key, secret = env["PIECEWORK_STORE_ACCESS_KEY"], env["PIECEWORK_STORE_SECRET_KEY"]
    host = endpoint.partition("//")[2]
    return [
        ("rclone copy", "rclone", lambda path, prefix: [
            "rclone", "copy", "--config", "/dev/null", path, f"bench:bench/{prefix}"],
         {"RCLONE_CONFIG_BENCH_TYPE": "s3", "RCLONE_CONFIG_BENCH_PROVIDER": "Other",
          "RCLONE_CONFIG_BENCH_ENDPOINT": endpoint, "RCLONE_CONFIG_BENCH_ACCESS_KEY_ID": key,
          "RCLONE_CONFIG_BENCH_SECRET_ACCESS_KEY": secret,
          "RCLONE_CONFIG_BENCH_FORCE_PATH_STYLE": "true",
          "RCLONE_CONFIG_BENCH_NO_CHECK_BUCKET": "true"}),
        ("s3cmd put", "s3cmd", lambda path, prefix: [
            "s3cmd", "--config", "/dev/null", "--no-ssl", f"--host={host}",
            f"--host-bucket={host}", "--no-progress", "put", path, f"s3://bench/{prefix}"],
         {"AWS_ACCESS_KEY": key, "AWS_SECRET_KEY": secret,
          "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}),
        ("aws s3 cp", "aws", lambda path, prefix: [
            "aws", "--endpoint-url", endpoint, "--region", "us-east-1", "s3", "cp",
            "--no-progress", path, f"s3://bench/{prefix}"],
         {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_CONFIG_FILE": "/dev/null",
          "AWS_EC2_METADATA_DISABLED": "true"}),
    ]


BUCKET_PIECE = 1 << 20


def bucket_name(bench):
    """Name of the case."""
    return f"torrent into bucket: {human(bench.size)}, 1 seeder, pieces of {human(BUCKET_PIECE)}"


def case_bucket(bench):
    """Torrent into bucket: a worker, against aria2 and then something that copies."""
    case = bucket_name(bench)
    print(case, flush=True)
    torrent = Torrent(bench.content(bench.size), BUCKET_PIECE)
    halves = [Torrent(bench.content(bench.size // 2, seed), BUCKET_PIECE) for seed in (2, 3)]
    work = bench.folder("bucket")
    services = Services(bench.folder("services"))
    running = seeders(1, [torrent, *halves], bench.folder("seeders"), SEEDER_PORT)
    peer = loopback(SEEDER_PORT)
    torrent_file = torrent.write(os.path.join(bench.work, "bucket.torrent"))
    half_files = [half.write(os.path.join(bench.work, f"half-{number}.torrent"))
                  for number, half in enumerate(halves)]
    gib = torrent.size / 2**30
    aria2 = Aria2()
    try:
        for number in range(bench.turns):
            worker = Worker(services, bench.folder("worker"))
            worker.await_up()

            def jobs(name, files):
                before = worker.program.cpu()
                reset_peak(worker.program.pid)
                names = [f"{name}-{index}" for index, _ in enumerate(files)]
                for each, file in zip(names, files):
                    services.submit(each, file, peer)
                ended = max(services.await_event("completed", each) for each in names)
                return {
                    "cpu": (worker.program.cpu() - before) / gib,
                    "wall": (ended - min(services.submitted[each] for each in names)) / 1e9,
                    "rss": worker.program.peak()}

            bench.turn(case, "piecework, first job of a worker",
                       lambda: jobs(f"first-{number}", [torrent_file]))
            services.empty_bucket()
            bench.turn(case, "piecework, second job",
                       lambda: jobs(f"second-{number}", [torrent_file]))
            services.empty_bucket()
            bench.turn(case, "piecework, two jobs of half the size at once",
                       lambda: jobs(f"halves-{number}", half_files))
            services.empty_bucket()
            worker.stop()
            why = aria2.missing()
            if why:
                bench.report.remark(case, f"aria2 and copying: not measured, {why}")
                continue
            work = bench.folder("bucket")
            downloaded = {}

            def keep(folder):
                downloaded.update(aria2.download(torrent, [peer], folder))
                return dict(downloaded)

            bench.turn(case, "aria2 alone, to disk", lambda: keep(work))
            for name, program, command, env in copiers(services.env):
                if not shutil.which(program):
                    bench.report.remark(
                        case, f"{name}: not measured, {program} is not installed")
                    continue
                if "wall" not in downloaded:
                    continue
                alone = {}

                def copy(command=command, env=env, alone=alone, name=name):
                    copying = Program(
                        command(os.path.join(work, torrent.name), name.split()[0] + "/"),
                        env={**env, "HOME": work}, log=os.path.join(bench.work, "copy.log"))
                    copying.wait(1800)
                    alone.update(cpu=copying.cpu() / gib, wall=copying.wall(), rss=copying.peak())
                    return alone

                bench.turn(case, f"{name} alone, from disk", copy)
                if alone:
                    bench.report.add(case, f"aria2, then {name}", {
                        "cpu": downloaded["cpu"] + alone["cpu"],
                        "wall": downloaded["wall"] + alone["wall"],
                        "rss": max(downloaded["rss"], alone["rss"])})
                services.empty_bucket()
            bench.folder("bucket")
    finally:
        for each in running:
            each.close()
        services.close()


START = "start"


def case_start(bench):
    """From Enter to work."""
    print(START, flush=True)
    torrent = Torrent(bench.content(1 << 20), 256 << 10)
    services = Services(bench.folder("services"))
    tracker = Tracker()
    torrent_file = torrent.write(os.path.join(bench.work, "start.torrent"), tracker.url)

    def worker():
        started = Worker(services, bench.folder("worker"))
        try:
            return {"wall": started.await_up(), "rss": started.program.peak(),
                    "cpu_seconds": started.program.cpu()}
        finally:
            started.stop()

    def run():
        tracker.first.clear()
        begun = time.time_ns()
        program = Program(
            [LAUNCHER, "run", torrent_file, "--to", bench.folder("run")],
            log=os.path.join(bench.work, "run.log"))
        try:
            while torrent.info_hash not in tracker.first:
                if not program.running() or time.time_ns() - begun > 60e9:
                    raise RuntimeError("no announce: " + program.describe())
                time.sleep(0.002)
            return {"wall": (tracker.first[torrent.info_hash] - begun) / 1e9,
                    "rss": program.peak(), "cpu_seconds": program.cpu()}
        finally:
            program.stop()

    def command(*arguments):
        program = Program(
            [LAUNCHER, *arguments], env=services.env, log=os.path.join(bench.work, "command.log"))
        program.wait(60)
        return {"wall": program.wall(), "rss": program.peak(), "cpu_seconds": program.cpu()}

    try:
        subprocess.run([LAUNCHER, "version"], check=True, stdout=subprocess.DEVNULL)
        for number in range(max(5, bench.turns)):
            bench.turn(START, "worker until it consumes", worker)
            bench.turn(START, "run until its first announce", run)
            bench.turn(START, "piecework --help", lambda: command("--help"))
            bench.turn(START, "piecework submit", lambda n=number: command(
                "submit", torrent_file, "--bucket", "bench", "--id", f"start-{n}"))
    finally:
        tracker.close()
        services.close()


JOB_SIZE = 1 << 20


def jobs_name(bench):
    """Name of the case."""
    return f"small jobs: {bench.small_jobs} torrents of {human(JOB_SIZE)}, one worker"


def case_jobs(bench):
    """Many small jobs at once, and how long one takes to get going on an idle worker."""
    case = jobs_name(bench)
    print(case, flush=True)
    alone = max(20, bench.small_jobs // 10)
    folder = os.path.join(bench.work, "content", "small")
    torrents = [
        Torrent(content(os.path.join(folder, f"{i}.bin"), JOB_SIZE, 1000 + i), 256 << 10)
        for i in range(bench.small_jobs + alone)]
    tracker = Tracker()
    files = bench.folder("torrents")
    for number, torrent in enumerate(torrents):
        torrent.file = torrent.write(os.path.join(files, f"{number}.torrent"), tracker.url)
    running = seeders(1, torrents, bench.folder("seeders"), SEEDER_PORT)
    tracker.peers = [loopback(SEEDER_PORT)]
    services = Services(bench.folder("services"))

    def burned(worker):
        return {
            "worker_ms": worker.program.cpu(),
            "database_ms": cpu_seconds_of_all("postgres"),
            "store_ms": services.program.cpu(),
            "broker_ms": cpu_seconds_of_all("beam.smp"),
            "seeder_ms": sum(each.program.cpu() for each in running)}

    def measure(turn, settings):
        worker = Worker(services, bench.folder("worker"), settings)
        try:
            worker.await_up()
            reset_peak(worker.program.pid)
            latencies = []
            for number, torrent in enumerate(torrents[bench.small_jobs:]):
                tracker.first.pop(torrent.info_hash, None)
                job = f"alone-{turn}-{number}"
                services.submit(job, torrent.file)
                services.await_event("completed", job)
                latencies.append(
                    (tracker.first[torrent.info_hash] - services.submitted[job]) / 1e6)
            latencies = sorted(latencies[len(latencies) // 4:])
            many = [f"many-{turn}-{number}" for number in range(bench.small_jobs)]
            before = burned(worker)
            for job, torrent in zip(many, torrents):
                services.submit(job, torrent.file)
            services.wait(lambda: all(("completed", job) in services.times for job in many))
            first = min(services.submitted[job] for job in many)
            last = max(services.times[("completed", job)] for job in many)
            return {
                "jobs_per_second": len(many) / ((last - first) / 1e9),
                **{name: (after - before[name]) / len(many) * 1000
                   for name, after in burned(worker).items()},
                "p50": statistics.median(latencies),
                "p99": latencies[min(len(latencies) - 1, int(len(latencies) * 0.99))],
                "rss": worker.program.peak()}
        finally:
            worker.stop()
            services.empty_bucket()

    try:
        for number in range(bench.turns):
            bench.turn(case, "piecework, defaults", lambda n=number: measure(f"d{n}", {}))
            bench.turn(case, "piecework, 16 slots", lambda n=number: measure(
                f"s{n}", {"PIECEWORK_WORKER_SLOTS": "16"}))
        bench.report.remark(
            case, "latency: from publishing one job to its first announce, the worker otherwise idle,"
            " after a quarter of them for its warm-up")
        bench.report.remark(
            case, "CPU of PostgreSQL and broker: of all processes of that name on the machine")
    finally:
        for each in running:
            each.close()
        services.close()
        tracker.close()


LEECHERS_AT_ONCE = 8


def case_seed(bench):
    """One seeder, and eight libtorrent leechers that know nobody else."""
    size = bench.size // LEECHERS_AT_ONCE
    case = f"seeding: {human(size)} to each of {LEECHERS_AT_ONCE} leechers"
    print(case, flush=True)
    torrent = Torrent(bench.content(size, 4), 1 << 20)
    torrent_file = torrent.write(os.path.join(bench.work, "seed.torrent"))
    gib = size * LEECHERS_AT_ONCE / 2**30

    def ours(work):
        program = Program(
            bench_class("EngineAlone")
            + ["seed", torrent_file, torrent.path, str(SEEDER_PORT)],
            env={"MALLOC_ARENA_MAX": "2"}, stdout=subprocess.PIPE)
        while program.process.stdout.readline().strip() != b"listening":
            if not program.running():
                raise RuntimeError("the seeder ended: " + program.describe())
        return program

    def libtorrent(work):
        return seeders(1, [torrent], work, SEEDER_PORT)[0].program

    def measure(start):
        program = start(bench.folder("seeders"))
        folders = [bench.folder(f"leecher-{i}") for i in range(LEECHERS_AT_ONCE)]
        try:
            before = program.cpu()
            begun = time.monotonic()
            leechers = [
                Program([PYTHON, os.path.join(HERE, "libtorrent_leecher.py"), torrent_file, folder,
                         str(SEEDER_PORT + 1 + i), f"127.0.0.1:{SEEDER_PORT}"])
                for i, folder in enumerate(folders)]
            for each in leechers:
                each.wait(1800)
            return {"cpu": (program.cpu() - before) / gib, "wall": time.monotonic() - begun,
                    "rss": program.peak()}
        finally:
            stop_all()
            for folder in folders:
                shutil.rmtree(folder)

    for _ in range(bench.turns):
        bench.turn(case, "piecework", lambda: measure(ours))
        if not libtorrent_missing():
            bench.turn(case, "libtorrent", lambda: measure(libtorrent))


def libtorrent_missing():
    """Why libtorrent cannot be used; empty if it can."""
    return next(each for each in LEECHERS if each.name == "libtorrent").missing()


def case_resume(bench):
    """Killed at half of it, and started again."""
    case = f"resume after a kill at 50 percent of {human(bench.size)}"
    print(case, flush=True)
    torrent = Torrent(bench.content(bench.size), 1 << 20)
    torrent_file = torrent.write(os.path.join(bench.work, "resume.torrent"))
    services = Services(bench.folder("services"))

    def until_sent(seeder, beyond, program, limit=600):
        begun = time.monotonic()
        while seeder.sent_bytes() <= beyond:
            if time.monotonic() - begun > limit or not program.running():
                raise RuntimeError("nothing more was fetched: " + program.describe())
            time.sleep(0.005)

    def measure(start, finish):
        seeder = seeders(1, [torrent], bench.folder("seeders"), SEEDER_PORT)[0]
        try:
            first = start(0)
            until_sent(seeder, torrent.size // 2, first)
            first.stop()
            time.sleep(0.5)
            sent = seeder.sent_bytes()
            second = start(1)
            until_sent(seeder, sent, second)
            first_block = time.monotonic() - second.started
            finish(second)
            return {"first_block": first_block,
                    "twice": (seeder.sent_bytes() - torrent.size) / 2**20}
        finally:
            seeder.close()

    def worker(turn, same_host):
        hosts = []

        def start(number):
            again = same_host and number > 0
            place = os.path.join(bench.work, "host-0") if again else bench.folder(f"host-{number}")
            hosts.append(Worker(services, place))
            if number == 0:
                hosts[0].await_up()
                services.submit(job, torrent_file, loopback(SEEDER_PORT))
            return hosts[-1].program

        job = f"resume-{turn}-{'same' if same_host else 'other'}"
        try:
            return measure(start, lambda _: services.await_event("completed", job))
        finally:
            for each in hosts:
                each.stop()
            services.empty_bucket()

    def aria2(work):
        tracker = Tracker()
        tracker.peers = [loopback(SEEDER_PORT)]
        command = Aria2().command(torrent, tracker.url, work, work)
        try:
            return measure(
                lambda number: Program([*command, "--auto-save-interval=1"], env={"HOME": work},
                                       log=os.path.join(work, f"log-{number}")),
                lambda program: program.wait(1800))
        finally:
            tracker.close()

    try:
        for number in range(bench.turns):
            bench.turn(case, "piecework, same host", lambda n=number: worker(n, True))
            bench.turn(case, "piecework, another host", lambda n=number: worker(n, False))
            why = Aria2().missing()
            if why:
                bench.report.remark(case, f"aria2: not measured, {why}")
            else:
                bench.turn(case, "aria2, saving its state every second",
                           lambda: aria2(bench.folder("aria2")))
        bench.report.remark(
            case, "first new block: from the start of the second process; another host first waits"
            " for the lease of the dead worker to expire (15 s by default)")
    finally:
        services.close()


CASES = {"download": case_download, "bucket": case_bucket, "jobs": case_jobs, "seed": case_seed,
         "resume": case_resume, "start": case_start}


def bars(bench):
    """What is to be reached, as far as it was measured."""
    report = bench.report
    found = []

    def bar(text, wanted, value, reached, digits=2):
        if value is not None:
            found.append({"bar": text, "wanted": wanted, "measured": f"{value:.{digits}f}",
                          "reached": bool(reached(value))})

    def ratio(case, metric, other, mine="piecework"):
        ours, theirs = report.median(case, mine, metric), report.median(case, other, metric)
        return None if ours is None or not theirs else ours / theirs

    # Kept cases may be of another size than this run's.
    downloads = [each for each in report.values if each.startswith("download alone")]
    for case in downloads:
        bar(f"CPU per GiB against aria2, second half; {case}", "at most 1.00",
            ratio(case, "cpu_second_half", "aria2"), lambda v: v <= 1)
        bar(f"CPU per GiB against aria2, whole; {case}", "at most 1.25",
            ratio(case, "cpu", "aria2"), lambda v: v <= 1.25)
        bar(f"wall against libtorrent; {case}", "at most 1.00",
            ratio(case, "wall", "libtorrent"), lambda v: v <= 1)
    for case in downloads:
        one = report.median(case, "piecework", "wall")
        eight = report.median(case.replace("1 seeder", "8 seeders"), "piecework", "wall")
        if "1 seeder" in case:
            bar(f"wall with 8 seeders against 1; {case}", "at most 1.00",
                eight / one if one and eight else None, lambda v: v <= 1)
    for case in [each for each in report.values if each.startswith("torrent into bucket")]:
        for mine in ("piecework, first job of a worker", "piecework, second job"):
            ours = report.median(case, mine, "wall")
            alone = [report.median(case, f"{name} alone, from disk", "wall")
                     for name in ("rclone copy", "s3cmd put", "aws s3 cp")]
            copied = min([each for each in alone if each] or [0])
            fetched = report.median(case, "aria2 alone, to disk", "wall")
            if ours and copied and fetched:
                bar("wall against the slower of download alone and the fastest upload alone;"
                    f" {mine}", "at most 1.15", ours / max(copied, fetched), lambda v: v <= 1.15)
            other = report.median(case, "aria2, then rclone copy", "wall")
            bar(f"times faster than aria2 and then rclone; {mine}", "at least 1.50",
                other / ours if ours and other else None, lambda v: v >= 1.5)
            bar(f"peak RSS of the worker, MiB; {mine}", "below 400",
                report.median(case, mine, "rss"), lambda v: v < 400, 0)
        bar("CPU per GiB of two jobs at once against one after the other", "at most 1.00",
            ratio(case, "cpu", "piecework, second job",
                  "piecework, two jobs of half the size at once"),
            lambda v: v <= 1)
    for case in [each for each in report.values if each.startswith("small jobs")]:
        for mine in ("piecework, defaults", "piecework, 16 slots"):
            bar(f"small jobs per second; {mine}", "at least 50",
                report.median(case, mine, "jobs_per_second"), lambda v: v >= 50, 1)
            bar(f"p99 from publish to first announce on an idle worker, ms; {mine}", "below 100",
                report.median(case, mine, "p99"), lambda v: v < 100, 1)
            bar(f"peak RSS of the worker with small jobs, MiB; {mine}", "below 400",
                report.median(case, mine, "rss"), lambda v: v < 400, 0)
    for what, most in (("worker until it consumes", 5), ("run until its first announce", 6),
                       ("piecework submit", 0.5)):
        bar(f"{what}, seconds", f"below {most}", report.median(START, what, "wall"),
            lambda v, most=most: v < most)
    return found
