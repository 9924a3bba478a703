"""Where the servers of ``make up`` listen, and which of them a command trusts."""

import socket
import stat
from pathlib import Path

import pytest

from contracts.errors import ConfigurationError
from contracts.local import BROKER_SOCKET, FRAMES_SOCKET, make_private, running_servers, socket_folder


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of data; should sockets need a shorter path, their folder lies beside it and not in /tmp."""
    monkeypatch.setattr("contracts.local._SHORT", tmp_path)
    return tmp_path


def listening(path: Path) -> socket.socket:
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()
    return server


def test_sockets_lie_beside_the_data() -> None:
    assert socket_folder(Path("/srv/mien/.mien")) == Path("/srv/mien/.mien/run")


@pytest.mark.parametrize("state", [Path("/srv") / ("long-" * 30), Path("/srv/with a space"), Path("/srv/50%")])
def test_a_path_that_cannot_be_a_sockets_is_replaced_by_a_short_one_of_this_user(state: Path) -> None:
    folder = socket_folder(state)
    assert folder.parent == Path("/tmp")
    assert len(str(folder / FRAMES_SOCKET)) < 60
    assert folder == socket_folder(state)
    assert folder != socket_folder(state / "other")


def test_the_folder_is_closed_to_others_also_when_it_was_open(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir(mode=0o755)
    make_private(tmp_path / "run")
    assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700


def test_a_folder_behind_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "real")
    with pytest.raises(ConfigurationError, match="not a folder of this user alone"):
        make_private(tmp_path / "run")


def test_servers_that_listen_are_found(state: Path) -> None:
    folder = socket_folder(state)
    make_private(folder)
    assert running_servers(state) == {}
    with listening(folder / BROKER_SOCKET), listening(folder / FRAMES_SOCKET):
        assert running_servers(state) == {
            "redis_url": f"unix://{folder / BROKER_SOCKET}",
            "frame_redis_url": f"unix://{folder / FRAMES_SOCKET}",
        }
    assert running_servers(state) == {}, "sockets outlive servers that were killed"


def test_a_folder_that_others_may_enter_is_not_trusted(state: Path) -> None:
    folder = socket_folder(state)
    make_private(folder)
    with listening(folder / BROKER_SOCKET):
        folder.chmod(0o755)
        assert running_servers(state) == {}
        folder.chmod(0o700)
        assert running_servers(state)
