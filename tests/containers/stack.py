"""One installation by docker-compose.yml, from a clean clone, beside whatever else runs on the machine."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests

ROOT = Path(__file__).parents[2]
PROJECT = "mien-check"
PORTS = {
    "MIEN_PORT": "15000-15009",
    "MIEN_FLOWER_PORT": "15555",
    "EDGE_HTTPS_PORT": "18443",
    "EDGE_HTTP_PORT": "18080",
    "PROMETHEUS_PORT": "19090",
    "GRAFANA_PORT": "13000",
}
NETWORK = {"EDGE_SUBNET": "172.30.84.0/24", "EDGE_RANGE": "172.30.84.128/25", "EDGE_ADDRESS": "172.30.84.2"}
ROLES = ("gateway", "worker", "webhooks", "capture", "flower")
EDGE = f"https://localhost:{PORTS['EDGE_HTTPS_PORT']}"
FLOWER = f"http://127.0.0.1:{PORTS['MIEN_FLOWER_PORT']}"
PROMETHEUS = f"http://127.0.0.1:{PORTS['PROMETHEUS_PORT']}"


class Stack:
    """The containers of this project, and how they are reached."""

    def __init__(self, folder: Path, *, without_grafana: bool) -> None:
        """Use the clone in `folder`."""
        self.folder, self.without_grafana = folder, without_grafana
        self.variables = PORTS | NETWORK | {"IMAGE_VERSION": "check", "IMAGE_TAG": "check"}
        self.authority = folder / "edge-root.crt"

    def compose(self, *arguments: str, check: bool = True) -> str:
        """What `docker compose` prints."""
        command = ["docker", "compose", "-p", PROJECT, "--profile", "observe", "--profile", "edge", *arguments]
        return run(command, self.folder, self.variables, check=check)

    def up(self, *arguments: str) -> None:
        """The command that operators use, which waits until all is healthy; of everything, or of some services."""
        everything = set(self.compose("config", "--services").split())
        some = sorted(everything - {"grafana"}) if self.without_grafana and not everything & set(arguments) else []
        self.compose("up", "--detach", "--wait", *arguments, *some)

    def trust(self) -> None:
        """Fetch the certificate of the proxy's own authority."""
        path = "/var/lib/edge/caddy/pki/authorities/local/root.crt"
        self.authority.write_text(self.compose("exec", "-T", "edge", "cat", path))

    def containers(self, *services: str) -> list[dict[str, Any]]:
        """What `docker inspect` says of all running containers, or of those of some services."""
        names = self.compose("ps", "-q", *services).split()
        return self.inspect(*names) if names else []

    def inspect(self, *containers: str) -> list[dict[str, Any]]:
        """What `docker inspect` says of these containers, by id, whether they run or not."""
        return list(json.loads(run(["docker", "inspect", *containers])))

    def ids(self, service: str) -> list[str]:
        """Of the running containers of a service."""
        return self.compose("ps", "-q", service).split()

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        """Ask the gateways through the proxy with TLS."""
        options.setdefault("timeout", 60)
        return requests.request(method, f"{EDGE}{path}", verify=str(self.authority), **options)

    def secret(self, name: str) -> str:
        """What stands in a file of `secrets/`."""
        return (self.folder / "secrets" / name).read_text().strip()

    def whole(self) -> bool:
        """Whether a photo would be analysed."""
        try:
            return self.request("GET", "/healthz", timeout=10).ok
        except requests.RequestException:
            return False


def run(command: list[str], folder: Path = ROOT, variables: dict[str, str] | None = None, *, check: bool = True) -> str:
    """What a command prints; with `check`, an error of it is ours."""
    done = subprocess.run(
        command, cwd=folder, env=os.environ | (variables or {}), capture_output=True, text=True, check=False
    )
    if check and done.returncode:
        said = done.stdout[-2_000:] + done.stderr[-4_000:]
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{said}")
    return done.stdout


@contextmanager
def clean_clone() -> Iterator[Path]:
    """What is committed, in a folder of its own, with passwords of its own."""
    with TemporaryDirectory(prefix="mien-check-") as folder:
        clone = Path(folder) / "mien"
        run(["git", "clone", "--quiet", str(ROOT), str(clone)])
        run(["make", "secrets"], clone)
        yield clone
