"""The memory of each process while a soak runs, and by how much it grew.

A process is compared with itself alone: a fresh one has not loaded, cached and fragmented what an old one has. So each
role has a process that no fault ends, and of the others, which live for some minutes each, those that were as old are
compared: the first ones with the last ones.
"""

import threading
import time
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from soak.site import Instance, Site, family

_EVERY_S: Final = 2.0


class Sample(NamedTuple):
    """Memory of a process and its children, shared pages counted by share."""

    at: float
    """Seconds since the recording began."""
    pss: int
    """Bytes."""


class MemoryRecord:
    """Looks at all processes every few seconds."""

    def __init__(self, site: Site) -> None:
        """Begin."""
        self._site, self._began = site, time.monotonic()
        self.samples: defaultdict[Instance, list[Sample]] = defaultdict(list)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "MemoryRecord":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def growth(self, warm_s: float, window_s: float) -> dict[str, float]:
        """By which part of its memory each process grew that lived from the beginning to the end.

        Args:
            warm_s: so long after the beginning the first look is taken.
            window_s: over which the median is taken then, and before the end.
        """
        end = max(samples[-1].at for samples in self.samples.values())
        grown = {}
        for instance, samples in self.samples.items():
            if samples[0].at < warm_s and samples[-1].at > end - window_s:
                first = [sample.pss for sample in samples if warm_s <= sample.at < warm_s + window_s]
                last = [sample.pss for sample in samples if sample.at >= end - window_s]
                if first and last:
                    grown[instance.name] = median(last) / median(first) - 1
        return grown

    def by_age(self, age_s: tuple[float, float]) -> dict[str, list[float]]:
        """By role: the memory in megabytes that each process had at this age, those that were started first first."""
        found = defaultdict[str, list[float]](list)
        for instance, samples in sorted(self.samples.items(), key=lambda item: item[1][0].at):
            old = [sample.pss for sample in samples if age_s[0] <= sample.at - samples[0].at < age_s[1]]
            if old and samples[-1].at - samples[0].at >= age_s[1] - _EVERY_S:
                found[instance.role].append(median(old) / 1e6)
        return dict(found)

    def _run(self) -> None:
        while not self._stop.wait(_EVERY_S):
            for instance in self._site.instances():
                if pss := sum(_pss(process.pid) for process in family(instance.pid)):
                    self.samples[instance].append(Sample(time.monotonic() - self._began, pss))


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:  # it has ended
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
