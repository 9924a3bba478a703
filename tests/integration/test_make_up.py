"""``make up``: everything from one command, and nothing left of it afterwards."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from contracts.local import socket_folder
from deploy.ports import free_port

ROOT = Path(__file__).parents[2]
PASSWORD = "for-this-test"


class LocalRun:
    """A ``make up`` with two workers, on ports and a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.port, self.flower_port = free_port(), free_port()
        self.state = folder / "state"
        self.log = folder / "make-up.log"
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("MIEN_", "MAKE", "MFLAGS"))}
        environment |= {
            "MIEN_PORT": str(self.port),
            "MIEN_FLOWER_PORT": str(self.flower_port),
            "MIEN_FLOWER_PASSWORD": PASSWORD,
            "MIEN_CAMERA_SOURCE": "demo",
        }
        # The environment that runs this test is up to date, whatever its stamps say.
        installed = ["-o", f"{sys.prefix}/.installed-local"]
        with self.log.open("wb") as output:
            self.make = subprocess.Popen(
                ["make", "up", "WORKERS=2", f"VENV={sys.prefix}", f"STATE={self.state}", *installed],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
            return json.load(answer)

    def flower(self, path: str) -> Any:
        request = urllib.request.Request(f"http://127.0.0.1:{self.flower_port}{path}")
        request.add_header("Authorization", "Basic " + b64encode(f"mien:{PASSWORD}".encode()).decode())
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def files(self) -> list[Path]:
        """Everything that lies in the folder of the data, or beside the sockets."""
        folders = (self.state, socket_folder(self.state))
        return [file for folder in folders for file in folder.rglob("*") if file.is_file()]

    def files_with(self, text: bytes) -> list[Path]:
        return [file for file in self.files() if text in self._content(file)]

    @staticmethod
    def _content(file: Path) -> bytes:
        """What is in a file; nothing of one that the server has replaced since it was found."""
        try:
            return file.read_bytes()
        except FileNotFoundError:
            return b""

    def analyze(self, photo: bytes) -> str:
        """Have a photo analysed and drawn. Returns the job's id."""
        headers = {"Content-Type": "image/jpeg", "Prefer": "wait=30", "Idempotency-Key": "one"}
        url = f"http://127.0.0.1:{self.port}/v1/jobs?annotate=true"
        with urllib.request.urlopen(urllib.request.Request(url, photo, headers), timeout=40) as answer:
            job = json.load(answer)
        assert job["state"] == "succeeded", job
        return str(job["id"])

    def delete(self, path: str) -> None:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method="DELETE")
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert answer.status == 204

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run ``python -m api …`` without an address, as if the data lay where they do by default."""
        program = (
            "import sys; from pathlib import Path; from contracts import local, settings; "
            f"settings.running_servers = lambda: local.running_servers(Path({str(self.state)!r})); "
            "from api.__main__ import main; sys.exit(main())"
        )
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MIEN_")}
        return subprocess.run(
            [sys.executable, "-c", program, *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def processes(self) -> list[psutil.Process]:
        return psutil.Process(self.make.pid).children(recursive=True)

    def running(self, module: str) -> list[psutil.Process]:
        return [process for process in self.processes() if _command(process)[1:3] == ["-m", module]]


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:  # it has ended since it was listed
        return []


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalRun]:
    local = LocalRun(tmp_path)
    yield local
    if local.make.poll() is None:
        family = local.processes()
        os.killpg(local.make.pid, signal.SIGTERM)
        psutil.wait_procs(family, timeout=30)
        for process in family:
            if process.is_running():
                process.kill()
        local.make.wait()
    print(local.said()[-8000:])


@pytest.mark.slow
def test_one_command_runs_everything_heals_and_leaves_nothing(local: LocalRun, wait_for: Callable[..., Any]) -> None:
    wait_for(lambda: local.make.poll() is not None or "Mien is ready." in local.said(), "everything to be ready")
    assert local.make.poll() is None
    assert local.get("/healthz")["status"] == "ready"
    assert f"http://127.0.0.1:{local.port}/" in local.said()
    assert f"user mien, password {PASSWORD}" in local.said()
    wait_for(lambda: local.get("/emotion_data").get("faces"), "a face of the demo camera")

    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"http://127.0.0.1:{local.flower_port}/", timeout=20)
    workers = wait_for(lambda: len(found := local.flower("/api/workers?refresh=1")) == 2 and found, "Flower's workers")
    assert all(name.startswith("worker@") for name in workers)

    assert local.command("keys", "create", "found without an address").returncode == 0
    assert "found without an address" in local.command("keys", "list").stdout
    assert not local.files_with(b"\xff\xd8\xff"), "no file holds a frame"
    job = local.analyze((ROOT / "capture/sources/astronaut.jpg").read_bytes())
    assert local.files_with(job.encode()), "the job is stored durably"
    tasks = wait_for(lambda: local.flower("/api/tasks?limit=5"), "Flower's tasks").values()
    assert {task["name"] for task in tasks} == {"analyze_jobs"}, "no frame is among them"
    assert all(re.match(r"\W*(interactive|bulk)\W*$", task["args"]) for task in tasks), "a short label, and no bytes"
    local.delete(f"/v1/jobs/{job}")
    wait_for(lambda: not local.files_with(job.encode()), "the job's id to leave the files")
    assert not local.files_with(b"\xff\xd8\xff"), "and the photo, with all that was drawn in it"
    assert [file for file in local.files() if stat.S_IMODE(file.stat().st_mode) & 0o077] == []

    killed = local.running("workers")[0]
    killed.kill()
    wait_for(lambda: killed not in (now := local.running("workers")) and len(now) == 2, "the killed worker's successor")
    assert "Ended by SIGKILL; it is started again." in local.said()

    family = local.processes()
    assert len(family) >= 8, "the parent, two Redis, two workers, the gateway and its process, capture, Flower"
    os.killpg(local.make.pid, signal.SIGINT)  # as Ctrl-C in a terminal does
    gone, left = psutil.wait_procs(family, timeout=40)
    assert left == []
    assert len(gone) == len(family)
    local.make.wait(timeout=20)
    lines = [line for line in local.said().splitlines() if "|" in line]
    assert lines[-1].endswith("Stopped.")
    assert "Valkey is now ready to exit" in lines[-2], "Redis ends last"
    assert not socket_folder(local.state).exists()
    assert "Traceback" not in local.said()


@pytest.mark.slow
def test_sigterm_before_it_is_ready_leaves_nothing_either(local: LocalRun, wait_for: Callable[..., Any]) -> None:
    wait_for(lambda: local.running("workers"), "the first worker to start")
    family = local.processes()
    local.make.send_signal(signal.SIGTERM)
    _, left = psutil.wait_procs(family, timeout=40)
    assert left == []
    local.make.wait(timeout=20)
