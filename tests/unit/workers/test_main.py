"""How a worker's process ends: with 0 only if it was told to."""

import subprocess
import sys

from contracts.process import EXIT_FAILURE

_DIES = """
import sys
from contracts.settings import Settings
from workers.__main__ import _consume
from workers.app import create_app
from workers.consumer import Consumer

class Dies(Consumer):
    def start(self):
        raise {error}

settings = Settings(redis_url=sys.argv[1])
app = create_app(settings)
app.conf.worker_consumer = Dies
_consume(app, settings, "tests")
"""


def status(error: str, redis_url: str) -> int:
    script = [sys.executable, "-c", _DIES.format(error=error), redis_url]
    return subprocess.run(script, check=False, timeout=60, capture_output=True).returncode


def test_a_worker_that_dies_says_so_by_its_status(redis_url: str) -> None:
    assert status("ZeroDivisionError", redis_url) == EXIT_FAILURE


def test_a_worker_that_is_told_to_end_does_so_with_0(redis_url: str) -> None:
    assert status("SystemExit(0)", redis_url) == 0
