"""Write ``.env.example``: ``python -m deploy.env_example``, which is what ``make env`` runs.

Each variable that the compose files read, with its default. Settings come with their own descriptions; what only the
compose file reads is described here. A test holds the file, so a new setting is followed by ``make env``.
"""

import argparse
import re
import sys
import textwrap
from pathlib import Path
from typing import Final

from contracts.settings import PREFIX, Settings

ROOT: Final = Path(__file__).parent.parent
COMPOSE: Final = tuple(ROOT / f"docker-compose{of}.yml" for of in ("", ".camera", ".gpu"))
FILE: Final = ROOT / ".env.example"

OF_COMPOSE: Final = {
    "CADDY_IMAGE": "Image of the proxy with TLS; with @sha256:… a digest is pinned, as of the other images.",
    "CAMERA_DEVICE": "With docker-compose.camera.yml: the camera that is plugged in.",
    "CAMERA_GROUP": "With docker-compose.camera.yml: the number of the group that owns it (stat -c %g /dev/video0).",
    "CAMERAS_FOLDER": "Folder with cameras.toml, which MIEN_CAMERAS=/cameras/cameras.toml names.",
    "CAPTURE_MEMORY_LIMIT": "Memory of the container that reads cameras: 100 MB a camera.",
    "DESK_HOST": "Address of this machine for Flower, Grafana and Prometheus, which speak plain HTTP, the last without "
    "a password: 127.0.0.1, or one of a network of operators alone.",
    "EDGE_ADDRESS": "The proxy's address in its network; gateways believe what it says of its clients.",
    "EDGE_CERTIFICATES": "Where the proxy's certificate is from: internal, acme or files.",
    "EDGE_FOLDER": "Folder with certificate.pem and key.pem, for EDGE_CERTIFICATES=files.",
    "EDGE_HOST": "Address of this machine at which the proxy listens; 0.0.0.0: reachable from other machines.",
    "EDGE_HTTP_PORT": "Port of this machine at which the proxy sends clients to its port with TLS.",
    "EDGE_HTTPS_PORT": "Port of this machine at which the proxy serves TLS; its redirects from HTTP lead to 443.",
    "EDGE_NAME": "Name under which clients know the proxy; several are separated by a comma and a blank.",
    "EDGE_RANGE": "Addresses of that network that gateways are given.",
    "EDGE_SUBNET": "Network of the proxy and the gateways; another one if something of yours has it.",
    "GATEWAY_GRACE": "Time for a gateway to end; more than MIEN_DRAIN_S, MIEN_SYNC_TIMEOUT_S and 5 s together.",
    "GATEWAY_MEMORY_LIMIT": "Memory of a gateway's container.",
    "GPU_COUNT": "With docker-compose.gpu.yml: how many of this machine's NVIDIA cards the worker is given.",
    "GPU_WORKER_MEMORY_LIMIT": "With docker-compose.gpu.yml: memory of the machine for the worker's container.",
    "GRAFANA_IMAGE": "Image of Grafana.",
    "GRAFANA_PORT": "Port of this machine at which Grafana listens, at DESK_HOST.",
    "IMAGE_CUDA": "With docker-compose.gpu.yml: empty builds the worker's image without CUDA's libraries.",
    "IMAGE_OTEL": "1: images of gateway and worker are built with OpenTelemetry, which MIEN_TRACES needs.",
    "IMAGE_PREFIX": "What names of our images begin with: a registry and a path, or a word.",
    "IMAGE_REVISION": "Commit of which images are built; stands in their labels.",
    "IMAGE_SOURCE": "Address of the repository of which images are built; stands in their labels.",
    "IMAGE_TAG": "Tag of our images.",
    "IMAGE_VERSION": "Version of which images are built; stands in their labels and bills of materials.",
    "MIEN_FLOWER_PORT": "Port of this machine at which Flower listens, at DESK_HOST.",
    "MIEN_HOST": "Address of this machine for the gateway; 0.0.0.0: reachable from other machines.",
    "MIEN_PORT": "Port of this machine at which the gateway listens; a range such as 5000-5009 for several gateways.",
    "NETWORKS_FOLDER": "Folder with networks of your own, which MIEN_NETWORKS_FOLDER=/networks names.",
    "PROMETHEUS_IMAGE": "Image of Prometheus.",
    "PROMETHEUS_KEPT": "How long Prometheus keeps what it has read.",
    "PROMETHEUS_PORT": "Port of this machine at which Prometheus listens, at DESK_HOST.",
    "PROMETHEUS_SIZE": "How much of that it keeps at most.",
    "PYTHON_IMAGE": "Image on which the roles' images are built.",
    "REDIS_APPENDFSYNC": "When Redis syncs its file; `always` for MIEN_DURABILITY=always.",
    "REDIS_IMAGE": "Image of both Redis servers.",
    "REDIS_MAXMEMORY": "Memory of Redis beyond which new jobs are refused.",
    "REDIS_MEMORY_LIMIT": "Memory of its container: twice as much and some more, for when it rewrites its file.",
    "WORKER_GRACE": "Time for a worker to finish what it has begun; more than MIEN_JOB_TIME_LIMIT_S.",
    "WORKER_MEMORY_LIMIT": "Memory of a worker's container.",
}
"""Variable → what it is, of those that are no settings or are read in another way."""

_HEAD: Final = """\
# Copy this file to .env and take away the # before what you change; what it has here is the default.
# Passwords do not belong here: `make secrets` makes them, as files. Written by `make env`.
"""
_WITH_DEFAULT: Final = re.compile(r"\$\{(\w+):?-((?:[^{}$]|\$\{\w+:-[^{}]*\})*)\}")
_PASSED_ON: Final = re.compile(rf"^ +({PREFIX}\w+):(?: *#.*)?$", re.MULTILINE)


def main(argv: list[str] | None = None) -> int:
    """Write the file. Returns the exit status."""
    argparse.ArgumentParser(prog="python -m deploy.env_example", description="Write .env.example.").parse_args(argv)
    FILE.write_text(text(compose_files()), encoding="utf-8")
    return 0


def compose_files() -> str:
    """What all of them say."""
    return "".join(file.read_text(encoding="utf-8") for file in COMPOSE)


def text(compose: str) -> str:
    """The whole file.

    Args:
        compose: the text of the compose files.

    Raises:
        KeyError: it reads a variable that is no setting and is not described in `OF_COMPOSE`.
    """
    defaults = variables(compose)
    settings = [f"{PREFIX}{name}".upper() for name in Settings.model_fields]
    own = [name for name in settings if name in defaults and name not in OF_COMPOSE]
    of_compose = sorted(set(defaults) - set(own))
    parts = [_HEAD, "# --- Containers\n", *(_entry(name, OF_COMPOSE[name], defaults[name]) for name in of_compose)]
    parts.append("# --- Mien itself (docs/settings.md)\n")
    parts += [_entry(name, _description(name), defaults[name]) for name in own]
    return "\n".join(parts)


def variables(compose: str) -> dict[str, str]:
    """What compose files read of their environment: name → default.

    Args:
        compose: their text.
    """
    found = {name: _default(name) for name in _PASSED_ON.findall(compose)}
    for name, default in _WITH_DEFAULT.findall(compose):
        inner = _WITH_DEFAULT.fullmatch(default)
        found[name] = inner[2] if inner else default
        if inner:
            found[inner[1]] = inner[2]
    return found


def _entry(name: str, description: str, default: str) -> str:
    lines = textwrap.wrap(description, 118, initial_indent="# ", subsequent_indent="# ")
    return "\n".join([*lines, f"#{name}={default}", ""])


def _description(name: str) -> str:
    return str(Settings.model_fields[name.removeprefix(PREFIX).lower()].description)


def _default(name: str) -> str:
    default = Settings.model_fields[name.removeprefix(PREFIX).lower()].default
    return str(default).lower() if isinstance(default, bool) else str(default)


if __name__ == "__main__":
    sys.exit(main())
