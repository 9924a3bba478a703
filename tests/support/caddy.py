"""A private Caddy before gateways, with the very configuration of the container `edge`.

`make test` installs it (``python -m support.caddy``).
"""

import os
import re
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import requests

from deploy.ports import free_port
from support.clocks import wait_for
from support.programs import fetch, unavailable

REMEDY = "Install it: apt-get install caddy"
ROOT = Path(__file__).parents[2]
CONFIGURATION = ROOT / "deploy/edge/Caddyfile"


class Edge(NamedTuple):
    """Where it listens, and what its certificate is checked with."""

    port: int
    address: str
    plain: str
    """Of its port without TLS."""
    authority: Path
    """The certificate of its own authority, if it has made one."""

    def context(self) -> ssl.SSLContext:
        """What believes its authority and no other."""
        return ssl.create_default_context(cafile=str(self.authority))


def with_hosts(folder: Path, *lines: str) -> list[str]:
    """A command that runs another one with these lines in place of /etc/hosts; takes Linux and root."""
    if sys.platform != "linux" or os.geteuid() != 0:
        unavailable("A name of several addresses", "Run this test as root, on Linux.")
    hosts = folder / "hosts"
    hosts.write_text("\n".join(["127.0.0.1 localhost", *lines, ""]))
    return ["unshare", "--mount", "sh", "-c", f'mount --bind {hosts} /etc/hosts && exec "$@"', "sh"]


@contextmanager
def edge(gateway: int, folder: Path, within: Sequence[str] = (), **variables: str) -> Iterator[Edge]:
    """A proxy with TLS before the gateway on this port of this machine.

    Args:
        gateway: the port.
        folder: where it may write.
        within: a command that runs it.
        variables: of its environment, beside where the gateway is.
    """
    program = shutil.which("caddy")
    if program is None:
        unavailable("Caddy", REMEDY)
    https, http, health, admin = (free_port() for _ in range(4))
    file = folder / "Caddyfile"
    file.write_text(_moved(CONFIGURATION.read_text(), https, http, health, admin))
    environment = {
        "HOME": str(folder),
        "PATH": os.environ["PATH"],
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "EDGE_GATEWAY": f"localhost:{gateway}",
        **variables,
    }
    command = [*within, program, "run", "--config", str(file)]
    with (folder / "caddy.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stderr=log, cwd=folder)
        try:
            wait_for(lambda: _answers(process, folder, health) and _has_certificate(https), "Caddy to answer")
            authority = folder / "caddy/pki/authorities/local/root.crt"
            yield Edge(https, f"https://localhost:{https}", f"http://localhost:{http}", authority)
        finally:
            process.terminate()
            process.wait(30)


def _moved(text: str, https: int, http: int, health: int, admin: int) -> str:
    """The configuration with ports that are free on this machine."""
    for was, port in (("https_port 8443", https), ("http_port 8080", http), ("http://127.0.0.1:8081", health)):
        assert text.count(was) == 1, was
        text = text.replace(was, re.sub(r"\d+$", str(port), was))
    text = text.replace(" /certificates/", " certificates/")
    return text.replace("\tskip_install_trust\n", f"\tskip_install_trust\n\tadmin 127.0.0.1:{admin}\n", 1)


def _answers(process: "subprocess.Popen[bytes]", folder: Path, port: int) -> bool:
    assert process.poll() is None, (folder / "caddy.log").read_text()
    try:
        return requests.get(f"http://127.0.0.1:{port}/", timeout=5).ok
    except requests.ConnectionError:
        return False


def _has_certificate(port: int) -> bool:
    try:
        return bool(ssl.get_server_certificate(("localhost", port), timeout=5))
    except OSError:
        return False


def main() -> int:
    """Make sure that it is there, where there is a way. Returns the exit status."""
    fetch("caddy", "caddy", "the tests behind it", REMEDY)
    return 0  # on a build server the tests themselves fail


if __name__ == "__main__":
    sys.exit(main())
