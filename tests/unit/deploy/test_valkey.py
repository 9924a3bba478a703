"""The embedded server: how it is started, and how long it is waited for."""

import shutil
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from redis import Redis

from contracts.errors import BrokerUnavailable
from contracts.local import make_private, socket_folder
from contracts.settings import Settings
from deploy.ports import free_port
from deploy.supervisor import SupervisedProcess, stop_all
from deploy.valkey import explained, frame_server_command, server_command, wait_for_server


@contextmanager
def running(command: list[str], socket: Path) -> Iterator[Redis]:
    server = SupervisedProcess("redis", command, {}, lambda _: None)
    server.start()
    try:
        wait_for_server(f"unix://{socket}", 30, threading.Event())
        with Redis(unix_socket_path=str(socket)) as client:
            yield client
    finally:
        stop_all([server], 10, threading.Event())


@pytest.fixture
def socket(tmp_path: Path) -> Path:
    return socket_folder(tmp_path) / "test.sock"


@pytest.fixture(autouse=True)
def sockets(socket: Path) -> Iterator[None]:
    make_private(socket.parent)
    yield
    shutil.rmtree(socket.parent)


def test_it_refuses_writes_before_it_takes_all_memory_and_evicts_nothing(tmp_path: Path, socket: Path) -> None:
    with running(server_command(socket, tmp_path), socket) as client:
        limits = client.config_get("maxmemory*")
    assert limits["maxmemory-policy"] == "noeviction"
    assert int(limits["maxmemory"]) == 2 << 30
    assert int(limits["maxmemory"]) > 2 * Settings().max_open_bytes


def test_it_listens_nowhere_but_behind_a_socket_of_its_user(tmp_path: Path, socket: Path) -> None:
    with running(server_command(socket, tmp_path), socket) as client:
        listening = psutil.Process(client.info("server")["process_id"]).net_connections("inet")
        assert listening == []
        assert stat.S_IMODE(socket.stat().st_mode) == 0o600
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700


def test_what_it_writes_only_its_user_can_read(tmp_path: Path, socket: Path) -> None:
    with running(server_command(socket, tmp_path), socket) as client:
        client.set("key", "value")
        files = [file for file in (tmp_path / "appendonlydir").rglob("*") if file.is_file()]
        assert files
        assert [file for file in files if stat.S_IMODE(file.stat().st_mode) & 0o077] == []


def test_frames_are_never_written_to_disk_and_make_room_for_newer_ones(tmp_path: Path, socket: Path) -> None:
    with running(frame_server_command(socket), socket) as client:
        client.set("frame", b"\xff\xd8\xff a picture", px=60_000)
        assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "volatile-ttl"
        assert int(client.config_get("maxmemory")["maxmemory"]) == 256 << 20
    files = [file for folder in (tmp_path, socket.parent) for file in folder.rglob("*") if file.is_file()]
    assert files == []


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


def test_a_server_without_a_file_does_not_warn_of_it() -> None:
    said: list[str] = []
    output = explained(said.append, overcommit="")
    output("1:M # WARNING Memory overcommit must be enabled! Without it, a background save may fail.")
    output("1:M # Valkey is now ready to exit, bye bye...")
    assert said == ["1:M # Valkey is now ready to exit, bye bye..."]
