"""The last release and the working tree side by side, as they are while an operator changes from one to the other.

Real processes of both, each from its own code, on one Redis: no client gets an error, and no job is lost.
"""

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import requests

from support.clocks import WaitFor
from support.faults import Measured
from support.last_release import WORKING_TREE, code_of, unpack_last_release
from support.pictures import astronaut_jpeg
from support.processes import Process, StartGateway, StartProcess, StartWorkers
from support.receiver import Receiver
from support.rolling import CAMERA, Traffic

PAUSE_S = 1.0
"""Between taking a gateway out of service and SIGTERM, as an orchestrator pauses."""
CAMERAS = f'[[camera]]\nname = "{CAMERA}"\nsource = "demo"\nfps = 3\nhistory_s = 600\n'
PATIENT_S = 240
"""For a machine that has little time."""


class Part(NamedTuple):
    """A process of one release."""

    process: Process
    code: Path
    url: str = ""
    """Of a gateway."""


class Site:
    """A system whose parts are of the one release or the other."""

    def __init__(
        self,
        starts: tuple[StartProcess, StartGateway, StartWorkers],
        folder: Path,
        traffic: Traffic,
        wait_for: WaitFor,
    ) -> None:
        """Prepare; nothing runs yet."""
        self._process, self._gateway, self._workers = starts
        self.old, self._folder, self._wait_for = unpack_last_release(folder), folder, wait_for
        (folder / "cameras.toml").write_text(CAMERAS)
        self._settings = {
            "cameras": folder / "cameras.toml",
            "webhook_networks": "127.0.0.0/8",
            "events_s": 600,
            "sync_timeout_s": 60,
            "frame_ttl_s": 15,  # a frame that comes late, on a machine that has little time, is no error of a release
        }
        self.traffic = traffic
        self.parts: dict[str, list[Part]] = {"capture": [], "gateway": [], "worker": []}

    def add(self, kind: str, code: Path) -> None:
        """Start a part, wait until it works, and see that it runs this code and no other."""
        url = ""
        if kind == "gateway":
            process, port = self._gateway(code=code, **self._settings)
            url = f"http://127.0.0.1:{port}"
        elif kind == "worker":
            (process,) = self._workers(code=code, **self._settings)
        else:
            process = self._process("capture", code=code, **self._settings)
        self._wait_for(lambda: code_of(process.pid, self._folder) == {code}, f"the {kind} to run {code}")
        self.parts[kind].append(Part(process, code, url))
        self._serve()

    def remove(self, kind: str) -> None:
        """End the oldest part of this kind; a gateway leaves its service first."""
        part = self.parts[kind].pop(0)
        self._serve()
        if kind == "gateway":
            time.sleep(PAUSE_S)
        assert code_of(part.process.pid, self._folder) == {part.code}, "its children, too"
        part.process.send_signal(signal.SIGTERM)
        assert part.process.wait(timeout=90) == 0

    def replace_all(self, kind: str, code: Path) -> None:
        """Replace one after the other, and let clients work in between."""
        for _ in list(self.parts[kind]):
            if kind == "capture":
                self._replace_capture(code)
            else:
                self.add(kind, code)
                self.remove(kind)
            self.work_on()

    def _replace_capture(self, code: Path) -> None:
        """One runs at a time: until the next has begun, the camera has no picture."""
        began = time.monotonic()
        self.remove("capture")
        self.add("capture", code)
        self.wait_for_the_camera()
        self.traffic.without_camera.append((began, time.monotonic()))

    def work_on(self) -> None:
        """Wait until every kind of client has been answered by every gateway in service, from now on."""
        since = time.monotonic()
        self._wait_for(lambda: self.traffic.went_on(since), f"answers of {self.traffic.gateways}", PATIENT_S)

    def wait_for_the_camera(self) -> None:
        """Until every gateway shows it."""
        for gateway in self.parts["gateway"]:
            address = f"{gateway.url}/v1/cameras/{CAMERA}/"
            for shown in ("snapshot", "history"):
                self._wait_for(
                    lambda asked=address + shown: requests.get(asked, timeout=30).ok,  # type: ignore[misc]
                    f"{CAMERA} at {gateway.url}",
                    PATIENT_S,
                )

    def _serve(self) -> None:
        self.traffic.gateways = [gateway.url for gateway in self.parts["gateway"]]


@pytest.fixture
def site(
    start_process: StartProcess,
    start_gateway: StartGateway,
    start_workers: StartWorkers,
    receiver: Receiver,
    tmp_path: Path,
    wait_for: WaitFor,
) -> Site:
    """A system of nothing yet."""
    traffic = Traffic(astronaut_jpeg(), receiver.url)
    return Site((start_process, start_gateway, start_workers), tmp_path, traffic, wait_for)


@pytest.fixture
def held(site: Site, receiver: Receiver, tmp_path: Path, measured: Measured, wait_for: WaitFor) -> Callable[[], None]:
    """Hold that nothing went wrong: no error, every job's result read and told, no traceback in any log."""

    def told() -> set[str]:
        return {json.loads(body)["data"]["id"] for _, body in list(receiver.received)}

    def hold() -> None:
        traffic = site.traffic
        assert traffic.failed == []
        assert traffic.read == traffic.accepted, "every job's result is read"
        wait_for(lambda: traffic.announced <= told(), "webhooks of all jobs", PATIENT_S)
        logs = {log.name: log.read_text(errors="replace") for log in tmp_path.glob("*.log")}
        assert [name for name, text in logs.items() if "Traceback" in text] == []
        measured(traffic.counted(), 0)

    return hold


@pytest.mark.timeout(600)
@pytest.mark.fault(
    "A change of the release, in any order, is no client's error",
    "gateways of both releases with workers of the one, then of the other",
)
def test_gateways_of_both_releases_work_with_workers_of_either(site: Site, held: Callable[[], None]) -> None:
    old, new = site.old, WORKING_TREE
    for kind, code in (("worker", old), ("capture", old), ("gateway", old), ("gateway", new)):
        site.add(kind, code)
    site.wait_for_the_camera()
    with site.traffic.running():
        site.work_on()
        site.add("worker", new)
        site.remove("worker")
        site.work_on()
    held()


@pytest.mark.slow_fault
@pytest.mark.timeout(1_800)
@pytest.mark.fault(
    "A change of the release, in any order, is no client's error",
    "from the last release to the working tree and back, one process after the other under load",
)
@pytest.mark.parametrize("order", [("worker", "gateway", "capture"), ("gateway", "worker", "capture")], ids="-".join)
def test_a_rolling_change_and_its_way_back_fail_no_request(
    site: Site, held: Callable[[], None], order: tuple[str, ...]
) -> None:
    for kind in ("worker", "worker", "capture", "gateway", "gateway"):
        site.add(kind, site.old)
    site.wait_for_the_camera()
    with site.traffic.running():
        site.work_on()
        for code in (WORKING_TREE, site.old):
            for kind in order:
                site.replace_all(kind, code)
    assert {part.code for parts in site.parts.values() for part in parts} == {site.old}
    held()
