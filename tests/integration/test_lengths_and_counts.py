"""No length, count or size in an image, whatever it says, costs more memory or time than any file may."""

import subprocess
import sys

import pytest

LEAST = {"JPEG": 10_000, "PNG": 2_000, "WEBP": 1_500, "AVIF": 5_000, "HEIC": 3_500}
"""Files that are made of each format, about."""


def test_no_repetition_of_parts_costs_much_in_a_header() -> None:
    command = [sys.executable, "-m", "benchmarks.repeats"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr[-2000:]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a process took at most")
@pytest.mark.parametrize("kind", LEAST)
def test_every_length_count_and_size_may_hold_anything(kind: str) -> None:
    command = [sys.executable, "-m", "benchmarks.lengths", "--kind", kind, "--pairs", "500"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr[-2000:]
    *lines, _ = ended.stdout.splitlines()
    counts = {outcome: int(count.replace(",", "")) for count, outcome in (line.split(maxsplit=1) for line in lines)}
    assert sum(counts.values()) > LEAST[kind]
    refused = {"corrupt_image", "image_too_large", "not_an_image", "unsupported_image_format"}
    assert counts.keys() <= refused | {"decoded", "broke a child"}
    assert counts["decoded"] > 500
    assert counts["corrupt_image"] > 500
