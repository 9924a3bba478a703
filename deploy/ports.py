"""Finding out that a port is taken before half of the processes have started."""

import errno
import random
import socket
from collections.abc import Container, Mapping
from contextlib import ExitStack

from contracts.errors import ConfigurationError

_LAST_PORT = 65_535
_CHOSEN_FROM = range(20_000, 32_000)


def check_ports(host: str, ports: Mapping[str, int]) -> None:
    """Make sure that every port can be listened on.

    Args:
        host: the address to listen on.
        ports: name of a setting → its value.

    Raises:
        ConfigurationError: one sentence that names the port and its setting.
    """
    with ExitStack() as held:  # all at once, so that two settings with the same port are found out, too
        for setting, port in ports.items():
            try:
                held.enter_context(_listening(host, port))
            except OSError as error:
                raise ConfigurationError(_sentence(error, host, setting, port), field=setting) from error


def next_free_port(host: str, first: int, avoid: Container[int] = ()) -> int:
    """The first port from `first` upwards that no program listens on.

    Args:
        host: the address to listen on.
        first: the port that is wanted; returned as well if it cannot be listened on for another reason.
        avoid: ports that are meant for something else.
    """
    for port in range(first, _LAST_PORT + 1):
        if port not in avoid and not _taken(host, port):
            return port
    return first


def free_port() -> int:
    """A port of 127.0.0.1 that no program listens on.

    It lies below those that operating systems give to outgoing connections: one that the system chose may become the
    end of such a connection before a server listens on it.

    Raises:
        ConfigurationError: none of a hundred ports was free.
    """
    for port in random.sample(_CHOSEN_FROM, 100):
        if not _taken("127.0.0.1", port):
            return port
    raise ConfigurationError(f"No free port was found from {_CHOSEN_FROM[0]} to {_CHOSEN_FROM[-1]}.")


def _taken(host: str, port: int) -> bool:
    try:
        _listening(host, port).close()
    except OSError as error:
        return error.errno == errno.EADDRINUSE
    return False


def _listening(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    probe = socket.socket(family, kind, protocol)
    try:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a port just left is free
        probe.bind(address)
        probe.listen(1)
    except OSError:
        probe.close()
        raise
    return probe


def _sentence(error: OSError, host: str, setting: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by another program. Stop it, or set {setting} to a free port."
    if error.errno == errno.EACCES:
        return f"Port {port} may not be used without special rights. Set {setting} to a port above 1023."
    return f"MIEN_HOST={host}: this machine cannot listen there ({error.strerror or error})."
