"""How the gateway starts, and when it refuses to."""

import logging
import subprocess
import sys
from typing import Any

import pytest

from api.__main__ import _check_exposure, _tell_of_metrics
from api.http.scopes import Scope
from contracts.errors import ConfigurationError
from contracts.settings import Settings


def command(redis_url: str, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    environment = {"MIEN_REDIS_URL": redis_url, "PATH": "/usr/bin:/bin"} | settings
    return subprocess.run(
        [sys.executable, "-m", "api", *arguments], env=environment, capture_output=True, text=True, check=False
    )


def test_it_does_not_listen_to_other_machines_by_accident(redis_url: str) -> None:
    refused = command(redis_url, MIEN_HOST="0.0.0.0")
    assert refused.returncode == 2
    assert "MIEN_REQUIRE_KEYS=true" in refused.stderr


def test_a_published_port_decides_in_place_of_the_address_in_the_container(redis_url: str) -> None:
    refused = command(redis_url, MIEN_HOST="127.0.0.1", MIEN_PUBLISHED_HOST="0.0.0.0")
    assert refused.returncode == 2
    assert "MIEN_HOST=0.0.0.0 can be reached by others" in refused.stderr
    _check_exposure(Settings(host="0.0.0.0", published_host="127.0.0.1"))
    _check_exposure(Settings(host="0.0.0.0", published_host="127.0.0.1,localhost, ::1"))
    with pytest.raises(ConfigurationError, match=r"MIEN_HOST=192\.0\.2\.1 can be reached"):
        _check_exposure(Settings(host="0.0.0.0", published_host="127.0.0.1, 192.0.2.1"))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"host": "0.0.0.0", "metrics_port": 9464}, True),
        ({"host": "127.0.0.1", "metrics_port": 9464}, False),
        ({"host": "0.0.0.0"}, False),
        ({"host": "0.0.0.0", "metrics_port": 9464, "published_host": "127.0.0.1"}, False),
    ],
)
def test_metrics_that_others_reach_without_a_key_are_told(
    changes: dict[str, Any], told: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        _tell_of_metrics(Settings(**changes))
    assert ("without a key at port 9464 of MIEN_HOST=0.0.0.0" in caplog.text) is told


def test_a_key_that_no_replica_knows_of_is_told(redis_url: str) -> None:
    made = command(redis_url, "keys", "create", "x", MIEN_DURABILITY="replicated")
    assert made.returncode == 1
    assert "It is done, and may be lost yet: 1 of 1 replicas have not confirmed it" in made.stderr
    assert command(redis_url, "keys", "list", MIEN_DURABILITY="replicated").returncode == 0


def test_every_scope_can_be_given_to_a_key(redis_url: str) -> None:
    shown = command(redis_url, "keys", "create", "--help").stdout
    assert f"{{{','.join(scope.value for scope in Scope)}}}" in shown


def test_help_starts_no_process(redis_url: str) -> None:
    shown = command(redis_url, "--help", MIEN_PORT="nonsense")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "keys" in shown.stdout
