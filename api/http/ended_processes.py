"""What ended processes of a gateway had counted, added up in one file of each kind.

prometheus_client leaves the files of each process where they are, and reads them all at each scrape. Where processes
are replaced for weeks, their number, what a scrape takes, and the folder would grow for as long as the gateway runs.
"""

import fcntl
import logging
import struct
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, NamedTuple

COUNTS: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which prometheus_client finds the folder in which a gateway's processes count."""
_KINDS: Final = ("counter", "histogram")
"""Of files that count for ever. Those of gauges are of living processes alone, and prometheus_client removes them."""
_SUM: Final = "ended"
"""Stands in the name of a file where others have the id of their process."""
_LOCK: Final = "lock"
"""Held by whoever reads the files, and alone by who replaces them: a page has each process once, before and after."""
_PATIENCE_S: Final = 0.5
"""For so long pages that are being made are waited for; they take milliseconds."""
_AGAIN_S: Final = 0.01

logger = logging.getLogger(__name__)


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Within the block no file is replaced."""
    with (folder / _LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


class _Replacement(NamedTuple):
    """A file that is ready to take the place of others."""

    new: Path
    place: Path
    others: list[Path]


class EndedProcesses:
    """Takes over what processes leave behind; used by the one that starts them."""

    def __init__(self) -> None:
        """None has ended yet."""
        self._pids = set[int]()

    def add(self, folder: Path, pid: int, living: Collection[int]) -> None:
        """Take over the files of a process, and of those whose files could not be had before.

        Never an error: files that stay are counted as well, as those of any process are.

        Args:
            folder: of all files.
            pid: of the process.
            living: ids of those that count. One that has the id of an ended process counts on in its file.
        """
        self._pids.add(pid)
        ended = self._pids.difference(living)
        try:
            ready = list(_replacements(folder, ended))
            with _replacing(folder):
                for new, place, others in ready:
                    new.replace(place)
                    for file in others:
                        file.unlink()
        except Exception as error:  # gunicorn would end the whole gateway
            logger.warning("what an ended process has counted stays in files of its own: %s", error)
        else:
            self._pids -= ended


def _replacements(folder: Path, ended: Iterable[int]) -> Iterator[_Replacement]:
    for kind in _KINDS:
        others = [file for pid in ended if (file := folder / f"{kind}_{pid}.db").exists()]
        if not others:
            continue
        place = folder / f"{kind}_{_SUM}.db"
        new = place.with_suffix(".new")
        new.write_bytes(_packed(_added([place, *others] if place.exists() else others)))
        yield _Replacement(new, place, others)


def _added(files: Iterable[Path]) -> Mapping[str, float]:
    from prometheus_client.mmap_dict import MmapedDict  # decides at its import where it counts

    sums = defaultdict[str, float](float)
    for file in files:
        if file.stat().st_size:  # a process that was killed as it made the file has left it empty
            for key, value, *_ in MmapedDict.read_all_values_from_file(file):  # type: ignore[no-untyped-call]
                sums[key] += value
    return sums


def _packed(sums: Mapping[str, float]) -> bytes:
    """A file as `prometheus_client.mmap_dict` has it, which itself would write it as mapped memory.

    So a full disk is an error: there it is a signal that ends the process.
    """
    entries = bytearray()
    for key, value in sums.items():
        text = key.encode()
        padded = len(text) + 8 - (len(text) + 4) % 8
        entries += struct.pack(f"i{padded}sdd", len(text), text.ljust(padded), value, 0.0)
    return struct.pack("ii", 8 + len(entries), 0) + entries


@contextmanager
def _replacing(folder: Path) -> Iterator[None]:
    """Within the block nobody reads.

    Raises:
        BlockingIOError: somebody does not stop to.
    """
    with (folder / _LOCK).open("a") as lock:
        _take(lock)
        yield


def _take(lock: IO[str]) -> None:
    end = time.monotonic() + _PATIENCE_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= end:
                raise
            time.sleep(_AGAIN_S)
