"""Starts what the units in deploy/systemd start, without systemd: their commands, with their settings and credentials.

What systemd itself does, who a process is and what it may do, is not tried by this.
"""

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template

from deploy import secrets
from deploy.ports import free_port
from deploy.valkey import server_command
from support.units import FOLDER, services

UNITS = ("mien-redis.service", "mien-frames.service", "mien-gateway.service", "mien-worker@.service")


@dataclass(frozen=True)
class Machine:
    """What stands for the machine: its folders and ports."""

    folder: Path
    gateway: int
    redis: int
    frames: int
    python: Path

    @property
    def settings(self) -> dict[str, str]:
        """Those of `mien.env`, but for the port."""
        lines = (FOLDER / "mien.env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if line.startswith("MIEN_")) | {"MIEN_PORT": str(self.gateway)}

    def credentials(self, unit: str) -> Path:
        """The folder of a unit's own, with what `LoadCredential` names and no more."""
        folder = self.folder / "credentials" / unit
        folder.mkdir(parents=True, exist_ok=True)
        for one in services()[unit]["Service"]["LoadCredential"]:
            name, source = one.split(":")
            shutil.copyfile(self.folder / "secrets" / Path(source).name, folder / name)
        return folder

    def command(self, unit: str, environment: dict[str, str]) -> list[str]:
        """The words of `ExecStart`, variables put in, with the programs and ports of this machine."""
        here = {
            "/opt/mien/bin/python": [str(self.python)],
            "/usr/bin/redis-server": server_command(self.folder / "unused", self.folder)[:1],
            "6380": [str(self.redis)],
            "6381": [str(self.frames)],
            "/tmp": [str(self.folder)],
        }
        words = []
        for word in shlex.split(services()[unit]["Service"]["ExecStart"][0]):
            words += here.get(word, [Template(word).safe_substitute(environment)])
        return words


@contextmanager
def running_units(folder: Path, python: Path) -> Iterator[Machine]:
    """Everything that answers a photo, until the block ends; what it prints lies in the folder.

    Args:
        folder: where it may write.
        python: the one of the installation.
    """
    machine = Machine(folder, free_port(), free_port(), free_port(), python)
    servers = ["--redis", f"127.0.0.1:{machine.redis}", "--frames", f"127.0.0.1:{machine.frames}"]
    secrets.main(["--folder", str(folder / "secrets"), *servers])
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MIEN_")}
    started = []
    for unit in UNITS:
        service = services()[unit]["Service"]
        given = {"CREDENTIALS_DIRECTORY": str(machine.credentials(unit)), "STATE_DIRECTORY": str(folder)}
        given |= dict(line.split("=", 1) for line in service.get("Environment", []))
        settings = machine.settings if "EnvironmentFile" in service else {}
        with (folder / f"{unit}.log").open("wb") as log:
            command = machine.command(unit, given)
            # From a folder with nothing in it, as a unit: code comes from what is installed.
            started.append(
                subprocess.Popen(
                    command, cwd=folder, env=clean | settings | given, stdout=log, stderr=subprocess.STDOUT
                )
            )
    try:
        yield machine
    finally:
        for process in reversed(started):
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
        for log in sorted(folder.glob("*.log")):
            print(f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}")
