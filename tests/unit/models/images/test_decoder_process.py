"""Decoding in children: the same pixels, and whatever happens to a child happens to its image alone."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest

from contracts.errors import CorruptImage
from models.images.decoder_process import SHARED_BYTES, DecoderPool, DecoderProcess

Encoded = Callable[..., bytes]

INJECTED = """
import os, signal, time
import cv2
from models.images import decoder_child

intact = cv2.imdecode

def imdecode(data, flags):
    if bytes(data[:5]) == b"crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    while bytes(data[:5]) == b"spins":
        pass
    if bytes(data[:5]) == b"hangs":
        signal.pause()
    if bytes(data[:5]) == b"grows":
        return [bytearray(2**20) for _ in range(2**14)]
    return intact(data, flags)

cv2.imdecode = imdecode
decoder_child.main()
"""
"""A child whose decoder has four bugs."""


@pytest.fixture
def faulty(tmp_path: Path) -> list[str]:
    """The command of a child with bugs."""
    script = tmp_path / "faulty.py"
    script.write_text(INJECTED, encoding="utf-8")
    return [sys.executable, str(script)]


@pytest.fixture
def pool() -> Iterator[DecoderPool]:
    with DecoderPool() as pool:
        yield pool


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_child_decodes_what_opencv_decodes(pool: DecoderPool, encoded: Encoded, kind: str) -> None:
    data = encoded(64, 48, kind)
    expected = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    for _ in range(2):
        assert np.array_equal(pool.decode(data, cv2.IMREAD_COLOR, 64 * 48), expected)
    assert pool.decode(encoded(64, 48), cv2.IMREAD_REDUCED_COLOR_2, 64 * 48).shape == (24, 32, 3)


def test_pixels_belong_to_the_caller(pool: DecoderPool, encoded: Encoded) -> None:
    first = pool.decode(encoded(64, 48), cv2.IMREAD_COLOR, 64 * 48)
    before = first.copy()
    pool.decode(encoded(48, 64), cv2.IMREAD_COLOR, 64 * 48)
    assert np.array_equal(first, before)
    first[:] = 0


def test_pictures_beyond_the_shared_memory_are_decoded_too(pool: DecoderPool, encoded: Encoded) -> None:
    for width, height in ((2400, 1800), (64, 48), (2400, 1800)):
        data = encoded(width, height, "PNG")
        assert pool.decode(data, cv2.IMREAD_COLOR, width * height).shape == (height, width, 3)


def test_what_cannot_be_decoded_costs_no_child(encoded: Encoded) -> None:
    child = DecoderProcess()
    with pytest.raises(CorruptImage, match="damaged"):
        child.decode(b"no image", cv2.IMREAD_COLOR, 100)
    with pytest.raises(CorruptImage, match="damaged"):
        child.decode(encoded(3000, 3000), cv2.IMREAD_COLOR, 100)
    assert child.decode(encoded(64, 48), cv2.IMREAD_COLOR, 64 * 48).shape == (48, 64, 3)
    child.close()
    assert not child.alive


@pytest.mark.parametrize(
    ("bug", "pixels"), [(b"crash", 64 * 48), (b"crash", SHARED_BYTES), (b"spins", 64 * 48), (b"hangs", 64 * 48)]
)
def test_a_bug_costs_one_child_and_one_image(faulty: list[str], encoded: Encoded, bug: bytes, pixels: int) -> None:
    child = DecoderProcess(faulty, cpu_s=0.2, wall_s=1.0)
    child.decode(encoded(64, 48), cv2.IMREAD_COLOR, 64 * 48)
    with pytest.raises(CorruptImage, match="breaks the program"):
        child.decode(bug, cv2.IMREAD_COLOR, pixels)
    assert not child.alive


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's memory")
def test_memory_is_bounded_by_the_size_of_the_picture(faulty: list[str], encoded: Encoded) -> None:
    child = DecoderProcess(faulty)
    with pytest.raises(CorruptImage, match="damaged"):
        child.decode(b"grows", cv2.IMREAD_COLOR, 64 * 48)
    assert child.decode(encoded(64, 48), cv2.IMREAD_COLOR, 64 * 48).shape == (48, 64, 3)
    child.close()


def test_neighbours_of_a_crash_succeed(faulty: list[str], encoded: Encoded) -> None:
    good = encoded(64, 48, "PNG")

    def decode(data: bytes) -> str:
        try:
            return str(pool.decode(data, cv2.IMREAD_COLOR, 64 * 48).shape)
        except CorruptImage:
            return "refused"

    with DecoderPool(faulty) as pool, ThreadPoolExecutor(4) as threads:
        outcomes = list(threads.map(decode, [good, b"crash"] * 6))
    assert outcomes == ["(48, 64, 3)", "refused"] * 6


def test_children_know_no_secret(monkeypatch: pytest.MonkeyPatch, encoded: Encoded) -> None:
    monkeypatch.setenv("MIEN_REDIS_URL", "redis://:secret@localhost")
    before = {each.pid for each in psutil.Process().children()}
    with DecoderPool() as pool:
        pool.decode(encoded(64, 48), cv2.IMREAD_COLOR, 64 * 48)
        (child,) = (each for each in psutil.Process().children() if each.pid not in before)
        assert set(child.environ()) <= {"PYTHONPATH", "LC_CTYPE"}


def test_a_child_ends_with_its_parent() -> None:
    code = """
import signal
import cv2
from models.images.decoder_process import DecoderProcess
child = DecoderProcess()
print(child.pid, flush=True)
signal.pause()
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    psutil.wait_procs([child], timeout=30)
    assert not child.is_running()
