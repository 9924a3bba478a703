"""Gunicorn's options, as they follow from the settings. The server itself is tested as a process, in integration."""

import os
import signal

import pytest

from api.server import Gateway, GatewayWorker, options
from contracts.settings import Settings


@pytest.mark.parametrize(
    ("host", "bind"), [("127.0.0.1", "127.0.0.1:7"), ("::1", "[::1]:7"), ("localhost", "localhost:7")]
)
def test_the_address_is_written_as_gunicorn_reads_it(host: str, bind: str) -> None:
    assert options(Settings(host=host, port=7))["bind"] == bind


def test_a_stopping_process_outlives_the_longest_synchronous_request() -> None:
    assert options(Settings(sync_timeout_s=30.5))["graceful_timeout"] > 30.5
    assert options(Settings(sync_timeout_s=30.5, drain_s=20))["graceful_timeout"] > 50.5


def test_nothing_forwarded_is_believed_by_gunicorn_itself() -> None:
    given = options(Settings(trusted_proxies="127.0.0.1"))
    assert [given[name] for name in ("forwarded_allow_ips", "forwarder_headers", "secure_scheme_headers")] == [
        "",
        "",
        {},
    ]


def test_told_to_stop_while_it_imports_the_application_it_touches_none_of_it() -> None:
    gateway = Gateway(Settings())
    worker = GatewayWorker(1, os.getpid(), [], gateway, 60, gateway.cfg, None)
    worker.handle_exit(signal.SIGTERM, None)
    worker.tmp.close()
    assert not worker.alive
