"""The passwords of the containers, as files: ``python -m deploy.secrets``, which is what ``make secrets`` runs.

Compose mounts each into the containers that need it, where processes read it as a setting. Needs nothing but Python.
"""

import argparse
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
SERVERS = {"redis": "redis:6379", "frames": "frames:6379"}
"""The Redis for jobs, and the one for live frames: where containers find them."""


def main(argv: list[str] | None = None) -> int:
    """Write the files that are missing; those that are there stay as they are. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m deploy.secrets", description="Make the containers' passwords.")
    parser.add_argument("--folder", type=Path, default=ROOT / "secrets", help="where to (default: secrets/)")
    for server, address in SERVERS.items():
        parser.add_argument(
            f"--{server}", default=address, metavar="HOST:PORT", help="where this Redis is (default: %(default)s)"
        )
    options = parser.parse_args(argv)
    folder = options.folder
    made = write(folder, {server: getattr(options, server) for server in SERVERS})
    print(f"{folder}: {', '.join(made) or 'nothing'} made; what was there is as it was.")
    return 0


def write(folder: Path, servers: Mapping[str, str] = SERVERS) -> list[str]:
    """Write the files that are missing. A server's password and the address that has it in it are made together.

    The folder can be entered by its user only. Its files can be read by all, because the users of the containers,
    which the files are mounted into one by one, are others than the user of this machine.

    Args:
        folder: where to.
        servers: host and port of each of `SERVERS`.

    Returns:
        The names of the files that were made.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    groups = [
        _server("redis.conf", "mien_redis_url", servers["redis"]),
        _server("frames.conf", "mien_frame_redis_url", servers["frames"]),
        {"mien_flower_password": secrets.token_urlsafe(18)},
        {"mien_camera_source": "demo"},
        {"grafana_password": secrets.token_urlsafe(18)},
    ]
    made = []
    for files in groups:
        if all((folder / name).exists() for name in files):
            continue
        for name, text in files.items():
            (folder / name).write_text(text + "\n", encoding="utf-8")
            (folder / name).chmod(0o644)
            made.append(name)
    return made


def _server(configuration: str, address: str, server: str) -> dict[str, str]:
    password = secrets.token_urlsafe(32)
    return {configuration: f"requirepass {password}", address: f"redis://:{password}@{server}/0"}


if __name__ == "__main__":
    sys.exit(main())
