"""Damaged images of every format, in the way of `make fuzz-images`, and fewer of them."""

import subprocess
import sys


def test_damaged_images_are_decoded_or_refused() -> None:
    command = [sys.executable, "-m", "benchmarks.fuzz_images", "--count", "4000", "--jobs", "1"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    counts = {outcome: int(count.replace(",", "")) for count, outcome in map(str.split, ended.stdout.splitlines()[:-1])}
    assert sum(counts.values()) == 4000
    assert counts["decoded"] > 500
    assert counts["corrupt_image"] > 500
