"""The embedded server: how it is started, and how long it is waited for."""

import threading
from pathlib import Path

import pytest
from redis import Redis

from contracts.errors import BrokerUnavailable
from contracts.settings import Settings
from deploy.ports import free_port
from deploy.supervisor import SupervisedProcess, stop_all
from deploy.valkey import explained, server_command, wait_for_server


def test_it_refuses_writes_before_it_takes_all_memory_and_evicts_nothing(tmp_path: Path) -> None:
    port = free_port()
    server = SupervisedProcess("redis", server_command(port, tmp_path), {}, lambda _: None)
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


def test_the_warning_at_every_start_is_in_plain_words_and_all_else_is_passed_on() -> None:
    said: list[str] = []
    output = explained(said.append)
    output("1:M # WARNING Memory overcommit must be enabled! Without it, a background save may fail.")
    output("1:M # Valkey is now ready to exit, bye bye...")
    assert "docs/running.md" in said[0]
    assert "WARNING" not in said[0]
    assert said[1:] == ["1:M # Valkey is now ready to exit, bye bye..."]
