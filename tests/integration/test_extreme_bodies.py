"""No length, count or number in a request, whatever it says, costs a gateway more than any body may.

A sample of what `make fuzz-images` sends, spread over all of it.
"""

import subprocess
import sys

import pytest

from benchmarks.body_lengths import requests

EVERY = 100


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a process took at most")
@pytest.mark.parametrize("kind", ["JSON", "form", "HTTP"])
def test_every_length_count_and_number_of_a_request_may_be_anything(kind: str) -> None:
    command = [sys.executable, "-m", "benchmarks.body_lengths", "--kind", kind, "--few", "--every", str(EVERY)]
    command += ["--most-s", "20", "--most-stall-s", "20"]  # memory and CPU time are held; a busy machine is slow
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr[-2000:]
    *lines, _, last = ended.stdout.splitlines()
    counts = {outcome: int(count.replace(",", "")) for count, _, outcome in (line.split(maxsplit=2) for line in lines)}
    assert last == "0 processes have ended"
    assert sum(counts.values()) == -(-sum(1 for _ in requests(kind, few=True)) // EVERY)
    assert counts["202"] > 0
    assert counts["400"] > 0
