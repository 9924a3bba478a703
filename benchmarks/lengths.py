"""Every length, count and size of an image set to its extremes, and what it costs to decode what comes of it.

    python -m benchmarks.lengths [--kind JPEG|PNG|WEBP|AVIF|HEIC] [--pairs 20000] [--seed 1]

One field after the other of every sound file in `benchmarks.fuzz_images.seeds`, both sides of the picture together, the
number of scans, and as many pairs of fields as are asked for. Fails if over any file a process takes more memory than
`SPARE_BYTES` and `BYTES_A_PIXEL`, or all of them more than `MOST_CPU_S`; `make fuzz-images` runs it with many pairs,
the tests with few. Only Linux tells what a process took at most.
"""

import argparse
import os
import random
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import cv2

from benchmarks.fields import changed, dimensions, extremes, fields
from benchmarks.fuzz_images import seeds, with_checksums
from contracts.errors import InvalidImage
from models.images.decode import MAX_PIXELS, EncodedImage
from models.images.decoder_process import DecoderPool

SPARE_BYTES: Final = 64 * 2**20
BYTES_A_PIXEL: Final = 16
MOST_CPU_S: Final = 2.0
_SIDES: Final = ((7071, 7071), (16_383, 3051), (1, 50_000_000), (65_535, 762), (65_535, 65_535), (0, 100), (1, 1))
"""Of pictures with almost as many pixels as are allowed, and of impossible ones."""
_SCANS: Final = (2, 10, 100, 1000)
_MARKERS: Final = (0, 1, *range(0xC0, 0xD0), 0xD0, 0xD8, 0xD9, 0xDA, 0xDC, 0xDE, 0xDF, 0xE1, 0xF0, 0xFE, 0xFF)


class Cost(NamedTuple):
    """What became of a file, and what that cost."""

    outcome: str
    """``decoded``, the code of an error, or ``broke a child``."""
    pixels: int
    """That the file has by its own words; 0 if it was refused for them."""
    grown: int
    """Bytes by which the process grew most that grew most."""
    cpu_s: float
    """Of all processes together."""

    @property
    def too_much(self) -> bool:
        """Whether it is more than any file may cost."""
        return self.grown > SPARE_BYTES + BYTES_A_PIXEL * self.pixels or self.cpu_s > MOST_CPU_S


class Meter:
    """Decodes images in this process and its children, as a worker does, and measures both. For one thread."""

    def __init__(self, children: DecoderPool) -> None:
        """Use these children; there are no others."""
        self._children = children
        self._list = Path(f"/proc/self/task/{threading.get_native_id()}/children")

    def decode(self, data: bytes) -> Cost:
        """Decode a file as finely as it can be."""
        before = {pid: Usage.of(pid) for pid in self._processes()}
        ended = os.times()
        outcome, pixels = "decoded", 0
        try:
            image = EncodedImage(data, MAX_PIXELS, self._children)
            pixels = image.pixels
            image.decode()
        except InvalidImage as error:
            outcome = "broke a child" if "breaks the program" in str(error) else error.code
        after = {pid: Usage.of(pid, peak=True) for pid in self._processes()}
        grown = max(usage.bytes - before[pid].bytes for pid, usage in after.items() if pid in before)
        cpu_s = sum(usage.cpu_s - before[pid].cpu_s for pid, usage in after.items() if pid in before)
        now = os.times()  # of children that have ended
        cpu_s += now.children_user + now.children_system - ended.children_user - ended.children_system
        cpu_s -= sum(
            usage.cpu_s for pid, usage in before.items() if pid not in after
        )  # for other files, while it lived
        return Cost(outcome, pixels, grown, cpu_s)

    def _processes(self) -> list[int]:
        return [os.getpid(), *map(int, self._list.read_text().split())]


class Usage(NamedTuple):
    """What a process takes; only Linux tells."""

    bytes: int
    cpu_s: float

    @classmethod
    def of(cls, pid: int, *, peak: bool = False) -> "Usage":
        """What a process has taken; its peak is since the last time that it was not asked for."""
        folder = Path(f"/proc/{pid}")
        if not peak:
            (folder / "clear_refs").write_text("5")
        lines = (folder / "status").read_text().splitlines()
        name = "VmHWM:" if peak else "VmRSS:"
        kilobytes = next((line.split()[1] for line in lines if line.startswith(name)), "0")
        times = (folder / "stat").read_text().rpartition(")")[2].split()
        return cls(1024 * int(kilobytes), (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK"))


def single(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The file with each of its fields at each extreme, and what was changed."""
    for field in fields(data):
        values = _MARKERS if field.name.startswith("marker") else extremes(data, field)
        for value in values:
            yield f"{field.name} = {value}", with_checksums(changed(data, (field, value)))


def sides(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The file as a picture with almost as many pixels as are allowed, and of impossible sizes."""
    for pair in dimensions(data):
        for lengths in _SIDES:
            values = [(field, value) for field, value in zip(pair, lengths, strict=True) if value < 256**field.size]
            yield f"{pair[0].name}, {pair[1].name} = {lengths}", with_checksums(changed(data, *values))


def scans(data: bytes) -> Iterator[tuple[str, bytes]]:
    """A JPEG with its scans again and again, as small as it is and as large as is allowed."""
    begin = next((field.begin - 1 for field in fields(data) if field.name == "marker DA"), len(data))
    for times in _SCANS if begin < len(data) else ():
        more = data[:begin] + data[begin:-2] * times + data[-2:]
        yield f"{times} times its scans", more
        yield f"{times} times its scans, large", next(large for _, large in sides(more))


def pairs(files: list[bytes], count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Files with two or three of their fields at extremes, drawn by lot."""
    found = [(data, fields(data)) for data in files]
    for index in range(count):
        dice = random.Random(f"{seed}/{index}")
        data, places = dice.choice(found)
        values = [(field, dice.choice(extremes(data, field))) for field in dice.sample(places, dice.choice((2, 3)))]
        name = ", ".join(f"{field.name} = {value}" for field, value in values)
        yield name, with_checksums(changed(data, *values))


def main() -> int:
    """Run it. Returns 1 if a file costs too much."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", choices=["JPEG", "PNG", "WEBP", "AVIF", "HEIC"], help="only files of this format")
    parser.add_argument("--pairs", type=int, default=0, help="files with several extremes; default: none")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    files = [data for data in seeds() if arguments.kind in (None, kind_of(data))]
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # decoders remark on every damage
    outcomes, most_bytes, most_cpu_s, too_dear = Counter[str](), 0, 0.0, 0
    with DecoderPool() as children:
        meter = Meter(children)
        assert all(meter.decode(data).outcome == "decoded" for data in seeds()), "sound files are decoded"
        for name, data in everything(files, arguments.pairs, arguments.seed):
            cost = meter.decode(data)
            outcomes[cost.outcome] += 1
            most_bytes, most_cpu_s = max(most_bytes, cost.grown), max(most_cpu_s, cost.cpu_s)
            if cost.too_much:
                too_dear += 1
                print(f"{kind_of(data)} with {name}: {cost}")
    for outcome, count in outcomes.most_common():
        print(f"{count:9,}  {outcome}")
    print(f"at most {most_bytes / 2**20:.0f} MB and {most_cpu_s:.2f} s of CPU a file")
    return min(too_dear, 1)


def everything(files: list[bytes], count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """All changes of all files, the pairs last."""
    for data in files:
        yield from single(data)
        yield from sides(data)
        yield from scans(data)
    yield from pairs(files, count, seed)


def kind_of(data: bytes) -> str:
    """The format of a sound file, by its beginning."""
    if data[4:8] == b"ftyp":
        return "HEIC" if data[8:12] == b"heic" else "AVIF"
    return {0xFF: "JPEG", 0x89: "PNG"}.get(data[0], "WEBP")


if __name__ == "__main__":
    sys.exit(main())
