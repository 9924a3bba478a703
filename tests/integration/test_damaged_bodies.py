"""Damaged bodies against a running gateway, in the way of `make fuzz-images`, and fewer of them."""

import subprocess
import sys


def test_damaged_bodies_are_answered() -> None:
    command = [sys.executable, "-m", "benchmarks.fuzz_bodies", "--count", "2000", "--jobs", "1"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    *lines, last = ended.stdout.splitlines()
    counts = {outcome: int(count.replace(",", "")) for count, outcome in map(str.split, lines)}
    assert sum(counts.values()) == 2000
    assert last.startswith("0 processes have ended")
    for status in ("202", "400", "422"):
        assert counts[status] > 100
