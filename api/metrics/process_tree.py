"""What the processes of one gateway take together: gunicorn's first process and those that it has started.

prometheus_client tells of the process that answers alone. Numbers are Linux's (proc(5)); elsewhere there are none.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

_PROC: Final = Path("/proc")


class _Process(NamedTuple):
    parent: int
    cpu_ticks: int
    """Its own."""
    gone_ticks: int
    """Of children that have ended and were waited for."""
    started_ticks: int
    """Since the machine started."""
    resident_pages: int


class ProcessTree:
    """A process and its children, as of one look at what the machine runs."""

    def __init__(self, pid: int, proc: Path = _PROC) -> None:
        """Look.

        Args:
            pid: the first process.
            proc: where the numbers are.
        """
        self._proc = proc
        self._read = {one: read for one, read in _read_all(proc).items() if pid in (one, read.parent)}
        self._first = self._read.get(pid)
        self.children = len(self._read) - (self._first is not None)
        """How many the process has."""

    def families(self) -> Iterator[Metric]:
        """`process_…` of all of them together, by the names that all Prometheus clients use.

        CPU time of children that have ended stays in the sum, which therefore only grows.
        """
        if self._first is not None:
            yield from _families(self._first, self._read, self._proc)


def _families(first: _Process, tree: Mapping[int, _Process], proc: Path) -> Iterator[Metric]:
    ticks = first.gone_ticks + sum(one.cpu_ticks for one in tree.values())
    yield CounterMetricFamily(
        "process_cpu_seconds_total",
        "CPU time of this gateway's processes, in seconds.",
        ticks / os.sysconf("SC_CLK_TCK"),
    )
    resident = sum(one.resident_pages for one in tree.values()) * os.sysconf("SC_PAGE_SIZE")
    yield GaugeMetricFamily("process_resident_memory_bytes", "Memory of this gateway's processes, in bytes.", resident)
    files = sum(_open_files(proc / str(one)) for one in tree)
    yield GaugeMetricFamily("process_open_fds", "Open files of this gateway's processes.", files)
    started = _booted_at(proc) + first.started_ticks / os.sysconf("SC_CLK_TCK")
    yield GaugeMetricFamily("process_start_time_seconds", "When this gateway started, seconds since 1970.", started)


def _read_all(proc: Path) -> dict[int, _Process]:
    found = dict[int, _Process]()
    for folder in proc.glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text()
        except OSError:  # it has ended meanwhile
            continue
        fields = stat.rpartition(")")[2].split()  # its name, in brackets, may have blanks in it
        parent, own, gone = int(fields[1]), fields[11:13], fields[13:15]
        found[int(folder.name)] = _Process(
            parent, sum(map(int, own)), sum(map(int, gone)), int(fields[19]), int(fields[21])
        )
    return found


def _open_files(folder: Path) -> int:
    try:
        return sum(1 for _ in (folder / "fd").iterdir())
    except OSError:
        return 0


def _booted_at(proc: Path) -> float:
    lines = (proc / "stat").read_text().splitlines()
    return float(next((line.split()[1] for line in lines if line.startswith("btime ")), "0"))
