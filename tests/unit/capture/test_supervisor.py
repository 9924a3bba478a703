"""The supervisor follows the registry's file; the processes of cameras are stood in for."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from redis import Redis

from capture import supervisor
from capture.errors import SourceLost
from capture.reports import Report
from capture.supervisor import Supervisor
from contracts.cameras import CameraSettings, CameraStatus
from contracts.errors import ConfigurationError, MienError
from contracts.settings import Settings
from contracts.storage.cameras import CameraStatuses
from support.clocks import WaitFor


class FakeCamera:
    """Notes what is asked of it."""

    started: ClassVar[list["FakeCamera"]] = []

    def __init__(self, camera: CameraSettings, **callbacks: Callable[..., Any]) -> None:
        self.camera = camera
        self.callbacks = callbacks
        self.running = False
        FakeCamera.started.append(self)

    @property
    def status(self) -> CameraStatus:
        return CameraStatus(name=self.camera.name, kind="demo", state="live", since=1, fps=self.camera.fps)

    def start(self) -> None:
        self.running = True

    def stop(self) -> None:
        self.running = False

    def join(self) -> None:
        pass


class Running:
    """A supervisor in a thread."""

    def __init__(self, settings: Settings) -> None:
        self.error: MienError | None = None
        self.over = False
        self._supervisor = Supervisor(settings, FakeCamera)  # type: ignore[arg-type]
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        try:
            self._supervisor.run(until=lambda: self.over)
        except MienError as error:
            self.error = error

    def stop(self) -> None:
        self.over = True
        self.thread.join()


@pytest.fixture
def run(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Running]]:
    monkeypatch.setattr(FakeCamera, "started", [])
    monkeypatch.setattr(supervisor, "_FILE_EVERY_S", 0.0)
    running: list[Running] = []

    def run(**settings: Any) -> Running:
        running.append(Running(Settings(redis_url=redis_url, **settings)))
        return running[-1]

    yield run
    for one in running:
        one.stop()


def described(**fps: float) -> str:
    return "".join(f'[[camera]]\nname = "{name}"\nsource = "demo"\nfps = {value}\n' for name, value in fps.items())


def running() -> dict[str, float]:
    return {one.camera.name: one.camera.fps for one in FakeCamera.started if one.running}


def test_cameras_are_added_changed_and_removed_without_touching_the_others(
    run: Callable[..., Running], redis: Redis, tmp_path: Path, wait_for: WaitFor, caplog: pytest.LogCaptureFixture
) -> None:
    path, statuses = tmp_path / "cameras.toml", CameraStatuses(redis)
    path.write_text(described(hall=5, door=5) + '[[camera]]\nname = "phone"\nsource = "browser"\n')
    process = run(cameras=str(path))
    wait_for(lambda: running() == {"hall": 5, "door": 5}, "both; browsers send by themselves")
    wait_for(lambda: list(statuses.all()) == ["door", "hall", "phone"], "their states")
    assert statuses.all()["phone"].reason == "No browser sends."
    path.write_text(described(hall=5, door=7, shed=5))
    wait_for(lambda: running() == {"hall": 5, "door": 7, "shed": 5}, "one changed, one added")
    assert [one.camera.name for one in FakeCamera.started] == ["hall", "door", "door", "shed"]
    path.write_text(described(hall=0))
    wait_for(lambda: "The cameras stay as they are." in caplog.text, "the mistake")
    assert running() == {"hall": 5, "door": 7, "shed": 5}
    path.write_text(described(shed=5))
    wait_for(lambda: list(statuses.all()) == ["shed"], "two removed")
    assert running() == {"shed": 5}
    process.stop()
    assert running() == {}
    wait_for(lambda: statuses.all() == {}, "what was told to be taken back")
    assert process.error is None


def test_a_registry_that_is_wrong_from_the_beginning_ends_it(run: Callable[..., Running], tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="the file cannot be read"):
        run(cameras=str(tmp_path / "none.toml"))


@pytest.mark.parametrize(
    ("event", "was_live", "error"),
    [
        ("unusable", False, ConfigurationError),
        ("unusable", True, None),
        ("lost", True, None),
        ("failed", True, SourceLost),
    ],
)
def test_without_a_registry_a_mistake_of_the_one_camera_is_one_of_the_process(
    run: Callable[..., Running], wait_for: WaitFor, event: Any, was_live: bool, error: type[MienError] | None
) -> None:
    process = run(camera="door", camera_source="films/party.mp4")
    wait_for(lambda: list(running()) == ["door"], "the camera")
    final = FakeCamera.started[0].callbacks["on_failure"](Report(event=event, sentence="Why."), was_live)
    assert final is (error is not None)
    if error:
        process.thread.join(20)
        assert type(process.error) is error
        assert str(process.error) == "Why."


def test_with_a_registry_no_camera_ends_the_others(
    run: Callable[..., Running], tmp_path: Path, wait_for: WaitFor
) -> None:
    path = tmp_path / "cameras.toml"
    path.write_text(described(hall=5))
    run(cameras=str(path))
    wait_for(running, "the camera")
    for event in ("unusable", "failed"):
        assert not FakeCamera.started[0].callbacks["on_failure"](Report(event=event), False)


def test_it_is_small_itself() -> None:
    code = "import sys, capture.supervisor; print(*sorted({'cv2', 'numpy', 'celery'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "\n"
