"""Ports, files, memory and disks of this machine."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from contracts.settings import Settings
from deploy.ports import free_port
from operate.doctor import machine
from operate.doctor.finding import Level


@pytest.fixture
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    """A port on which a server answers everything with this status and body."""
    status, body = request.param

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Silent."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def found(port: int) -> tuple[Level, str]:
    first, flower = machine.check_ports(Settings(port=port, flower_port=free_port()))
    assert flower.says.endswith("is free: Flower does not run here.")
    return first.level, first.says


@pytest.mark.parametrize("port", [(200, b'{"status":"ok"}')], indirect=True)
def test_our_own_gateway_may_have_its_port(port: int) -> None:
    assert found(port) == (Level.OK, f"The gateway answers on port {port}.")


@pytest.mark.parametrize("port", [(200, b"hello"), (404, b'{"status":"ok"}')], indirect=True)
def test_another_program_may_not(port: int) -> None:
    assert found(port) == (Level.PROBLEM, f"Another program has port {port}.")


def test_a_free_port_is_free() -> None:
    port = free_port()
    assert found(port) == (Level.OK, f"MIEN_PORT={port} is free: the gateway does not run here.")


def test_a_process_has_to_open_as_many_files_as_it_may_have_connections() -> None:
    settings = Settings(max_connections=1_000)
    assert machine.check_files(settings, 1_024).level is Level.WARNING
    assert machine.check_files(settings, 1_200).level is Level.OK


@pytest.mark.parametrize(("text", "level"), [("0\n", Level.WARNING), ("1\n", Level.OK)])
def test_linux_has_to_grant_memory_for_a_rewrite(tmp_path: Path, text: str, level: Level) -> None:
    (tmp_path / "value").write_text(text)
    assert [finding.level for finding in machine.check_overcommit(tmp_path / "value")] == [level]
    assert list(machine.check_overcommit(tmp_path / "of another system")) == []


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.mark.parametrize(("free", "level"), [(5, Level.PROBLEM), (50, Level.OK)])
def test_a_disk_needs_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: Level) -> None:
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda folder: Usage(100, 100 - free, free))
    assert machine.check_disk(tmp_path).level is level
