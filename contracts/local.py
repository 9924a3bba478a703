"""Where the servers of ``make up`` listen: Unix sockets in a folder that only their user can enter.

The folder follows from the folder of the data alone, so it is the same at every start, and a command such as
``python -m api keys list`` finds a system that runs without being told an address.
"""

import hashlib
import os
import re
import socket
import stat
from contextlib import closing
from pathlib import Path
from typing import Final

from contracts.errors import ConfigurationError

STATE: Final = Path(__file__).resolve().parents[1] / ".mien"
"""Where ``make up`` keeps its data unless it is told otherwise."""
BROKER_SOCKET: Final = "redis.sock"
FRAMES_SOCKET: Final = "frames.sock"
_SHORT: Final = Path("/tmp")  # noqa: S108 - in it lies a folder of our own, whose owner is looked at # nosec B108
_LONGEST: Final = 100
"""Bytes of a socket's path: Linux takes 107 of them, macOS 103."""
_PLAIN: Final = re.compile(r"[\w./-]+", re.ASCII)
"""Paths that all three libraries which read them from a URL understand in the same way."""


def socket_folder(state: Path) -> Path:
    """The folder of the sockets: beside the data, or below ``/tmp`` where that path cannot be a socket's.

    Args:
        state: the folder of the data.
    """
    folder = state.resolve() / "run"
    longest = str(folder / FRAMES_SOCKET)
    if len(os.fsencode(longest)) <= _LONGEST and _PLAIN.fullmatch(longest):
        return folder
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return _SHORT / f"mien-{os.getuid()}-{name}"


def make_private(folder: Path) -> None:
    """Make a folder that only this user can enter, or make sure that it is one.

    Raises:
        ConfigurationError: it belongs to another user, or is a link; what lies in it may be theirs.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not _is_ours(folder):
        raise ConfigurationError(f"{folder} is not a folder of this user alone. Remove it, or choose another STATE.")
    folder.chmod(0o700)


def socket_url(path: Path) -> str:
    """The address of the server behind a socket."""
    return f"unix://{path}"


def running_servers(state: Path = STATE) -> dict[str, str]:
    """Setting → address of the servers of a ``make up`` that runs now; empty if none does.

    A folder that others may enter is passed over: another user could have put a server there.
    """
    folder = socket_folder(state)
    if not _is_ours(folder) or stat.S_IMODE(folder.stat().st_mode) & 0o077:
        return {}
    found = {"redis_url": folder / BROKER_SOCKET, "frame_redis_url": folder / FRAMES_SOCKET}
    return {name: socket_url(path) for name, path in found.items() if _answers(path)}


def _is_ours(folder: Path) -> bool:
    try:
        status = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()


def _answers(path: Path) -> bool:
    """Whether a server listens; a socket outlives a server that was killed."""
    with closing(socket.socket(socket.AF_UNIX)) as client:
        client.settimeout(1)
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True
