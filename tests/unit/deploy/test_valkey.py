"""The embedded server: how it is started, and how long it is waited for."""

import threading
from pathlib import Path

import pytest
from redis import Redis

from contracts.errors import BrokerUnavailable
from contracts.settings import Settings
from deploy.ports import free_port
from deploy.service import Service, stop_all
from deploy.valkey import server_command, wait_for_server


def test_it_refuses_writes_before_it_takes_all_memory_and_evicts_nothing(tmp_path: Path) -> None:
    port = free_port()
    server = Service("redis", server_command(port, tmp_path), {}, lambda _: None)
    server.start()
    try:
        wait_for_server(f"redis://127.0.0.1:{port}/0", 30, threading.Event())
        with Redis(port=port) as client:
            limits = client.config_get("maxmemory*")
    finally:
        stop_all([server], 10, threading.Event())
    assert limits["maxmemory-policy"] == "noeviction"
    assert int(limits["maxmemory"]) == 2 << 30
    assert int(limits["maxmemory"]) > 2 * Settings().max_open_bytes


def test_a_server_that_does_not_come_up_is_said() -> None:
    with pytest.raises(BrokerUnavailable, match="The embedded Redis did not start"):
        wait_for_server(f"redis://127.0.0.1:{free_port()}/0", 0.1, threading.Event())


def test_ctrl_c_ends_the_wait_for_a_server_that_does_not_come_up() -> None:
    stop = threading.Event()
    waiting = threading.Thread(
        target=wait_for_server, args=(f"redis://127.0.0.1:{free_port()}/0", 3_600, stop), daemon=True
    )
    waiting.start()
    stop.set()
    waiting.join(30)
    assert not waiting.is_alive()
