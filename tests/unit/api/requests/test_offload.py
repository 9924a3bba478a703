"""Long work beside the event loop: what else there is to do gets its turns meanwhile."""

import subprocess
import sys
from pathlib import Path

import pytest

from api.requests.offload import LONG, run_beside

ROOT = Path(__file__).parents[4]
TURNS = """
from gevent import monkey; monkey.patch_all()
import gevent, hashlib, io, zipfile
from api.jobs.submission import _fingerprint
from api.requests.archive import ArchiveImages
from api.requests.images import ImageList
from api.requests.jobs import JobRequest
from api.requests.offload import LONG, run_beside
from api.requests.options import Options
from contracts.errors import InvalidArchive

turns = 0
def others():
    global turns
    while True:
        turns += 1
        gevent.sleep(0.001)
gevent.spawn(others)

def gets_turns(work):
    before = turns
    work()
    assert turns > before, work

def archive(damaged=False):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("large.jpg", bytes(40_000_000))
    if damaged:
        buffer.getbuffer()[60:100] = b"!" * 40
    return ArchiveImages(buffer, max_images=100, max_bytes=50_000_000)
"""


def under_gevent(code: str) -> str:
    """What a process that serves on an event loop writes to its standard error."""
    process = subprocess.run(
        [sys.executable, "-c", TURNS + code], cwd=ROOT, check=False, timeout=300, capture_output=True, text=True
    )
    assert process.returncode == 0, process.stderr
    return process.stderr


@pytest.mark.parametrize(
    "work",
    [
        "lambda: run_beside(LONG, hashlib.sha256, bytes(200_000_000))",
        "lambda images=archive(): next(iter(images))",
        "lambda: _fingerprint(JobRequest(ImageList([bytes(200_000_000)]), Options()))",
        "lambda images=archive(): _fingerprint(JobRequest(images, Options()))",
    ],
)
def test_others_get_turns_meanwhile(work: str) -> None:
    under_gevent(f"gets_turns({work})")


def test_what_the_work_raises_is_raised_and_nothing_is_printed() -> None:
    written = under_gevent("""
try:
    list(archive(damaged=True))
except InvalidArchive as error:
    assert "large.jpg" in str(error)
else:
    raise SystemExit(3)
""")
    assert written == ""


def test_work_within_work_is_done_at_once() -> None:
    under_gevent("assert run_beside(LONG, lambda: run_beside(LONG, lambda: 7)) == 7")


def test_without_an_event_loop_it_is_done_where_it_is_asked_for() -> None:
    assert run_beside(LONG, int, "17") == 17
