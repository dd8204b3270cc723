"""Results: one record per case, program and metric; a table, a file for machines, and plots."""

import datetime
import json
import os
import platform
import statistics
import subprocess

METRICS = {
    "cpu": ("CPU s/GiB", 2),
    "cpu_second_half": ("CPU s/GiB, second half", 2),
    "wall": ("wall s", 2),
    "wall_second_half": ("wall s, second half", 2),
    "cpu_seconds": ("CPU s", 2),
    "rss": ("peak RSS MiB", 0),
    "wasted": ("fetched in vain %", 2),
    "jobs_per_second": ("jobs/s", 1),
    "worker_ms": ("worker CPU ms/job", 1),
    "database_ms": ("PostgreSQL CPU ms/job", 1),
    "store_ms": ("store and submitter CPU ms/job", 1),
    "broker_ms": ("broker CPU ms/job", 1),
    "seeder_ms": ("seeder CPU ms/job", 1),
    "p50": ("p50 ms", 1),
    "p99": ("p99 ms", 1),
    "twice": ("fetched twice MiB", 1),
    "first_block": ("first new block s", 2),
}


class Report:
    """Gathers values and writes them down."""

    def __init__(self, folder):
        self.folder = folder
        self.values = {}
        self.remarks = []
        self.settings = {}
        self.about = {}

    def begin(self, case):
        """Says under what circumstances a case is measured; what was kept of it is forgotten."""
        if self.about.get(case, {}).get("run") is self.settings:
            return
        self.values.pop(case, None)
        self.remarks = [each for each in self.remarks if each[0] != case]
        self.about[case] = {"run": self.settings, "commit": commit(), "load": [],
                            "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat()}

    def keep(self):
        """Takes over what earlier runs on this machine have measured."""
        try:
            with open(os.path.join(self.folder, "report.json"), encoding="utf-8") as file:
                earlier = json.load(file)
        except FileNotFoundError:
            return
        if earlier["machine"] != machine():
            raise SystemExit("bench: what is in bench/report was measured on another machine")
        for record in earlier["records"]:
            programs = self.values.setdefault(record["case"], {})
            programs.setdefault(record["program"], {})[record["metric"]] = record["values"]
        self.remarks = [(each["case"], each["text"]) for each in earlier["remarks"]]
        self.about = earlier["cases"]

    def add(self, case, program, result):
        """Adds one run's metrics."""
        for metric, value in result.items():
            self.values.setdefault(case, {}).setdefault(program, {}).setdefault(
                metric, []).append(value)

    def remark(self, case, text):
        """Says something that a reader of the case must know."""
        if (case, text) not in self.remarks:
            self.remarks.append((case, text))

    def median(self, case, program, metric):
        """The median, or None if there is none."""
        values = self.values.get(case, {}).get(program, {}).get(metric)
        return statistics.median(values) if values else None

    def write(self, bars):
        """Writes report.json, report.md and the plots."""
        os.makedirs(self.folder, exist_ok=True)
        records = [
            {"case": case, "program": program, "metric": metric, "values": values,
             "median": statistics.median(values), "least": min(values), "most": max(values)}
            for case, programs in self.values.items()
            for program, metrics in programs.items()
            for metric, values in metrics.items()]
        with open(os.path.join(self.folder, "report.json"), "w", encoding="utf-8") as file:
            json.dump({
                "machine": machine(), "cases": self.about,
                "records": records, "bars": bars,
                "remarks": [{"case": case, "text": text} for case, text in self.remarks]},
                file, indent=1)
        plots = self.plots()
        with open(os.path.join(self.folder, "report.md"), "w", encoding="utf-8") as file:
            file.write(self.markdown(bars, plots))

    def publish(self, page, bars):
        """Puts the tables into a page, between two marks."""
        begin, end = "<!-- measured: by bench/run --publish, not by hand -->", "<!-- end -->"
        with open(page, encoding="utf-8") as file:
            before, _, rest = file.read().partition(begin)
        tables = self.markdown(bars, {}).replace("# Measured\n\n", "", 1)
        tables = tables.replace("\n## ", "\n### ")
        with open(page, "w", encoding="utf-8") as file:
            file.write(f"{before}{begin}\n\n{tables.strip()}\n\n{end}{rest.partition(end)[2]}")

    def markdown(self, bars, plots):
        """The table for people."""
        lines = ["# Measured", ""]
        lines += [f"- {name}: {value}" for name, value in machine().items()]
        lines += ["", "Median, and in brackets the least and the most of all turns.", ""]
        if bars:
            lines += ["## Bars", "", "| bar | wanted | measured | reached |", "| --- | --- | --- | --- |"]
            lines += [
                f"| {bar['bar']} | {bar['wanted']} | {bar['measured']} | "
                f"{'yes' if bar['reached'] else 'no'} |" for bar in bars]
            lines.append("")
        for case, programs in self.values.items():
            metrics = [m for m in METRICS if any(m in each for each in programs.values())]
            lines += [f"## {case}", "", self.circumstances(case), "", "| program | " + " | ".join(
                METRICS[m][0] for m in metrics) + " |", "| --- |" + " ---: |" * len(metrics)]
            for program, values in programs.items():
                lines.append(f"| {program} | " + " | ".join(
                    cell(values.get(m), METRICS[m][1]) for m in metrics) + " |")
            lines.append("")
            lines += [f"- {text}" for about, text in self.remarks if about == case]
            if case in plots:
                lines += ["", f"![{case}]({plots[case]})"]
            lines.append("")
        for text in [text for about, text in self.remarks if about not in self.values]:
            lines.append(f"- {text}")
        return "\n".join(lines) + "\n"

    def circumstances(self, case):
        """When and how a case was measured."""
        about = self.about[case]
        run = about["run"]
        said = (f"`{run['command']}` on {about['date']}, commit {about['commit']}; turns:"
                f" {run['turns']}")
        if about["load"]:
            said += ("; load of the machine before each turn: median"
                     f" {statistics.median(about['load']):.2f}, most {max(about['load']):.2f}")
        return said

    def plots(self):
        """One picture per case; none without matplotlib."""
        try:
            import matplotlib
            matplotlib.use("Agg")
            from matplotlib import pyplot
        except ImportError:
            self.remark("plots", "no plots: apt-get install python3-matplotlib")
            return {}
        made = {}
        for number, (case, programs) in enumerate(self.values.items(), 1):
            metrics = [m for m in METRICS if any(m in each for each in programs.values())][:4]
            figure, axes = pyplot.subplots(
                1, len(metrics), figsize=(3.4 * len(metrics), 0.45 * len(programs) + 1.2),
                squeeze=False)
            names = list(programs)[::-1]
            for axis, metric in zip(axes[0], metrics):
                medians = [self.median(case, name, metric) or 0 for name in names]
                spread = [
                    [m - min(programs[n].get(metric, [m])) for n, m in zip(names, medians)],
                    [max(programs[n].get(metric, [m])) - m for n, m in zip(names, medians)]]
                axis.barh(names, medians, xerr=spread, color=[
                    "#d95f02" if n.startswith("piecework") else "#7a8793" for n in names])
                axis.set_title(METRICS[metric][0], fontsize=9)
                axis.tick_params(labelsize=8)
                if axis is not axes[0][0]:
                    axis.set_yticklabels([])
            figure.suptitle(case, fontsize=10)
            figure.tight_layout()
            made[case] = f"case-{number}.png"
            figure.savefig(os.path.join(self.folder, made[case]), dpi=110)
            pyplot.close(figure)
        return made


def cell(values, digits):
    """Median and spread, for a table."""
    if not values:
        return ""
    text = f"{statistics.median(values):.{digits}f}"
    if len(values) > 1:
        text += f" ({min(values):.{digits}f} to {max(values):.{digits}f})"
    return text


def machine():
    """What it ran on."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    with open("/proc/meminfo", encoding="utf-8") as file:
        memory = int(file.readline().split()[1]) / 2**20
    return {
        "processor": f"{len(models)} x {models[0] if models else platform.machine()}",
        "memory": f"{memory:.0f} GiB",
        "kernel": platform.release(),
    }


def commit():
    """What is measured."""
    return subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True,
        cwd=os.path.dirname(os.path.abspath(__file__))).stdout.strip()
