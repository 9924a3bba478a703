"""No length, count or size in an image, whatever it says, costs more memory or time than any file may."""

import subprocess
import sys

import pytest

from benchmarks.fuzz_images import seeds
from benchmarks.lengths import everything, kind_of

KINDS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIC")
PAIRS = 500


def test_no_repetition_of_parts_costs_much_in_a_header() -> None:
    command = [sys.executable, "-m", "benchmarks.repeats", "--most-cpu-s", "2"]  # what any file may take
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr[-2000:]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a process took at most")
@pytest.mark.parametrize("kind", KINDS)
def test_every_length_count_and_size_may_hold_anything(kind: str) -> None:
    command = [sys.executable, "-m", "benchmarks.lengths", "--kind", kind, "--pairs", str(PAIRS)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr[-2000:]
    *lines, _ = ended.stdout.splitlines()
    counts = {outcome: int(count.replace(",", "")) for count, outcome in (line.split(maxsplit=1) for line in lines)}
    files = [data for data in seeds() if kind_of(data) == kind]
    assert sum(counts.values()) == sum(1 for _ in everything(files, PAIRS, 1))
    refused = {"corrupt_image", "image_too_large", "not_an_image", "unsupported_image_format"}
    assert counts.keys() <= refused | {"decoded", "broke a child"}
    least = sum(counts.values()) // 10  # what an encoder writes decides how many
    assert counts["decoded"] > least
    assert counts["corrupt_image"] > least
