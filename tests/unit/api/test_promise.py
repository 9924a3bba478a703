"""A gateway promises nothing that its Redis cannot do."""

import logging
import os
import subprocess
import sys

import pytest

from api.promise import ask, check_promise
from contracts.errors import ConfigurationError
from contracts.settings import Settings


def test_it_does_not_start_with_a_promise_that_its_redis_cannot_keep(redis_url: str) -> None:
    with pytest.raises(ConfigurationError, match="MIEN_DURABILITY=always: "):
        check_promise(Settings(redis_url=redis_url, durability="always"))


def test_a_replica_that_is_missing_at_the_start_may_come_yet(redis_url: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        check_promise(Settings(redis_url=redis_url, durability="replicated"))
    assert "no replica follows" in caplog.text


def test_redis_is_not_waited_for() -> None:
    fault, warning = ask("redis://127.0.0.1:1/0", "always")
    assert fault == ""
    assert "is not known yet" in warning
    check_promise(Settings(redis_url="redis://127.0.0.1:1/0"))


def test_who_asked_is_gone_when_the_gateway_starts(redis_url: str) -> None:
    program = (
        "import os; from api.metrics.process_tree import ProcessTree; from api.promise import check_promise; "
        "from contracts.settings import load_settings; check_promise(load_settings()); "
        "print(ProcessTree(os.getpid()).children)"
    )
    environment = os.environ | {"MIEN_REDIS_URL": redis_url, "MIEN_DURABILITY": "replicated"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr
    assert "no replica follows" in done.stderr
