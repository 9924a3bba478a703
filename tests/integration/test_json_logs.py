"""For machines: whatever any process of Mien writes is a line of JSON, and says what it is about."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from deploy.ports import free_port
from support.clocks import WaitFor

ROOT = Path(__file__).parents[2]
ASTRONAUT = (ROOT / "capture/sources/astronaut.jpg").read_bytes()
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SENT = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01", "X-Request-ID": "request-17"}
CAMERAS = """
[[camera]]
name = "lobby"
source = "demo"

[[camera]]
name = "yard"
source = "rtsp://127.0.0.1:9/live"
"""


class LocalRun:
    """Everything that ``make up`` runs, for machines."""

    def __init__(self, folder: Path) -> None:
        self.port, self.log = free_port(), folder / "lines"
        cameras = folder / "cameras.toml"
        cameras.write_text(CAMERAS)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MIEN_")}
        environment |= {
            "MIEN_LOG_FORMAT": "json",
            "MIEN_PORT": str(self.port),
            "MIEN_FLOWER_PORT": str(free_port()),
            "MIEN_CAMERAS": str(cameras),
            "MIEN_WEBHOOK_NETWORKS": "127.0.0.0/8",
            "MIEN_NO_SUCH_SETTING": "1",
            "PYTHONWARNINGS": "default",
        }
        command = [sys.executable, "-m", "deploy.local", "--data", str(folder / "state")]
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """All lines, each of which is JSON; without what is not a whole line yet."""
        text = self.log.read_text(errors="strict")
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]

    def said(self, **wanted: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if all(line.get(name) == value for name, value in wanted.items())]


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalRun]:
    run = LocalRun(tmp_path)
    yield run
    if run.process.poll() is None:
        run.process.send_signal(signal.SIGTERM)
    run.process.wait(60)
    print(run.log.read_text()[-6_000:])


def test_every_line_of_every_role_is_json_and_says_what_it_is_about(local: LocalRun, wait_for: WaitFor) -> None:
    def ready() -> bool:
        assert local.process.poll() is None
        return any("Mien is ready" in line["event"] for line in local.lines)

    wait_for(ready, "all roles to be ready", 120)
    address = f"http://127.0.0.1:{local.port}"
    torn = ASTRONAUT[:9_000] + bytes(3_000) + ASTRONAUT[12_000:]  # of which a C library has something to say
    requests.post(f"{address}/detect_emotion", data=torn, headers=SENT, timeout=60)
    form = {"webhook": f"http://127.0.0.1:{free_port()}/hook"}
    answer = requests.post(f"{address}/v1/jobs", files={"images": ASTRONAUT}, data=form, headers=SENT, timeout=60)
    assert answer.status_code == 202, answer.text
    wait_for(lambda: local.said(camera="yard"), "a line about the camera that cannot be opened")
    wait_for(lambda: local.said(job_id=answer.json()["id"]), "a line about the job's webhook")
    (about, *_) = local.said(job_id=answer.json()["id"])
    assert (about["role"], about["request_id"], about["trace_id"]) == ("worker", "request-17", TRACE)
    local.process.send_signal(signal.SIGTERM)
    local.process.wait(60)

    lines = local.lines
    for line in lines:
        assert {"time", "level", "role", "logger", "event"} <= line.keys(), line
    roles = {line["role"] for line in lines}
    assert {"mien", "gateway", "worker", "capture", "flower", "redis", "frames"} <= roles
    of_servers = {line["role"] for line in lines if line["logger"] == "output"}
    assert of_servers <= {"mien", "redis", "frames"}, "our own roles write JSON themselves"
