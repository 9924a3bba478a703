"""Which names browsers may send as."""

import os
from pathlib import Path

import pytest

from api.live.browser_cameras import BrowserCameras
from contracts.errors import CameraNotFound
from contracts.settings import Settings

DEVICE = f"device-{'0' * 32}"
CAMERA = '[[camera]]\nname = "{name}"\nsource = "{source}"\n'


def write(path: Path, *cameras: tuple[str, str], written_at: int = 1) -> None:
    path.write_text("\n".join(CAMERA.format(name=name, source=source) for name, source in cameras))
    os.utime(path, (written_at, written_at))


def test_a_browsers_own_name_is_always_allowed_and_others_are_not_without_a_registry() -> None:
    cameras = BrowserCameras(Settings(camera="hall"))
    assert cameras.find(DEVICE).options.kind == "browser"
    for name in ("hall", "door", "device-1"):
        with pytest.raises(CameraNotFound):
            cameras.find(name)


def test_names_of_the_registry_are_allowed_whose_source_is_a_browser_as_it_is_now(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "cameras.toml"
    cameras = BrowserCameras(Settings(cameras=str(file)))
    with pytest.raises(CameraNotFound):
        cameras.find("phone")
    write(file, ("phone", "browser"), ("hall", "rtsp://hall/live"))
    assert cameras.find("phone").name == "phone"
    with pytest.raises(CameraNotFound):
        cameras.find("hall")
    write(file, ("tablet", "browser"), written_at=2)
    assert cameras.find("tablet").fps == 15
    with pytest.raises(CameraNotFound):
        cameras.find("phone")
    file.write_text("no table")
    assert cameras.find("tablet").name == "tablet"
    assert "stays as it was" in caplog.text
