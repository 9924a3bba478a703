"""This machine: ports, open files, memory for Redis' fork, the disk of its file."""

import http.client
import resource
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from contracts.settings import Settings
from operate.doctor.finding import Finding, ok, problem, warning
from operate.printing import size

_ASK_S: Final = 2.0
_ALL_ADDRESSES: Final = "0.0.0.0"  # noqa: S104 # nosec B104
_OVERCOMMIT: Final = Path("/proc/sys/vm/overcommit_memory")
_OTHER_FILES: Final = 200
"""Files and connections that a gateway opens beside those of its clients."""
_LEAST_FREE: Final = 0.1
"""Part of the disk."""


def check_ports(settings: Settings) -> Iterator[Finding]:
    """Whether the gateway's and Flower's ports are free, or theirs."""
    for name, port, path in (
        ("MIEN_PORT", settings.port, "/livez"),
        ("MIEN_FLOWER_PORT", settings.flower_port, "/healthcheck"),
    ):
        who = "The gateway" if name == "MIEN_PORT" else "Flower"
        host = "127.0.0.1" if settings.host in {_ALL_ADDRESSES, "::", "localhost"} else settings.host
        if not _taken(host, port):
            yield ok("ports", f"{name}={port} is free: {who.lower() if who != 'Flower' else who} does not run here.")
        elif _ours(host, port, path):
            yield ok("ports", f"{who} answers on port {port}.")
        else:
            yield problem("ports", f"Another program has port {port}.", f"Stop it, or set {name} to a free port.")


def check_files(settings: Settings, limit: int | None = None) -> Finding:
    """Whether a gateway may open as many files as it may have connections."""
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0] if limit is None else limit
    needed = settings.max_connections + _OTHER_FILES
    if allowed != resource.RLIM_INFINITY and allowed < needed:
        says = f"A process may open {allowed:,} files here, and a gateway may need {needed:,}."
        return warning(
            "files", says, f"Raise the limit (`ulimit -n {needed}`, LimitNOFILE=), or lower MIEN_MAX_CONNECTIONS."
        )
    return ok("files", "A process may open as many files as a gateway may need.")


def check_overcommit(file: Path = _OVERCOMMIT) -> Iterator[Finding]:
    """Whether Linux grants Redis the memory with which it rewrites its file."""
    try:
        value = file.read_text().strip()
    except OSError:  # another system
        return
    if value == "1":
        yield ok("overcommit", "Linux grants Redis the memory with which it rewrites its file.")
    else:
        says = "Linux may refuse Redis the memory with which it rewrites its file, should memory run short."
        yield warning("overcommit", says, "On the host of Redis: sudo sysctl vm.overcommit_memory=1")


def check_disk(folder: Path) -> Finding:
    """Whether the disk of the append-only file has room for it to be rewritten."""
    usage = shutil.disk_usage(folder)
    says = f"{size(usage.free)} are free on the disk of Redis' file ({folder})."
    if usage.free < _LEAST_FREE * usage.total:
        return problem("disk", says, "Free some: at none left Redis refuses all writes, and no job is accepted.")
    return ok("disk", says)


def _taken(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=_ASK_S):
            return True
    except OSError:
        return False


def _ours(host: str, port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=_ASK_S)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        answer = connection.getresponse()
        body = answer.read(1_000)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return answer.status == 200 and (b'"status"' in body or body.strip() == b"OK")
