"""What a large body took is the system's again."""

import subprocess
import sys

import pytest

_GROWTH_OF_BODIES = """
import sys
from pathlib import Path
from api.overload.heap import give_back_large_blocks

def resident() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) * 1024

give_back_large_blocks()
largest = bytearray(b"x") * 30_000_000  # freed, it would raise the bound
del largest
before = resident()
bodies, kept = [], []
for _ in range(10):
    bodies.append(bytearray(b"x") * 5_000_000)
    kept.append(bytes(2_000))
bodies.clear()
print(resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a process takes")
def test_the_memory_of_bodies_is_given_back() -> None:
    ran = subprocess.run([sys.executable, "-c", _GROWTH_OF_BODIES], capture_output=True, text=True, check=True)
    assert int(ran.stdout) < 5_000_000, "of fifty million"
