"""The file that gives capture a camera which is plugged in fits the compose file that it goes beside, and its page."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.cameras import load_cameras
from contracts.settings import Settings

NAME = "docker-compose.camera.yml"


@pytest.fixture
def camera(root: Path) -> dict[str, Any]:
    return dict(yaml.safe_load((root / NAME).read_text()))


def test_it_changes_capture_alone_and_takes_no_more_rights_than_a_device_and_its_group(
    camera: dict[str, Any], compose: dict[str, Any]
) -> None:
    assert list(camera) == ["services"]
    assert list(camera["services"]) == ["capture"]
    assert set(camera["services"]) <= set(compose["services"])
    assert set(camera["services"]["capture"]) == {"devices", "group_add", "environment"}
    (device,) = camera["services"]["capture"]["devices"]
    assert device == "${CAMERA_DEVICE:-/dev/video0}:/dev/video0"


def test_the_device_is_the_source_whatever_the_secret_says(
    camera: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mien_camera_source").write_text("demo")
    environment = camera["services"]["capture"]["environment"]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    (source,) = load_cameras(Settings(_secrets_dir=tmp_path))
    device = camera["services"]["capture"]["devices"][0].rpartition(":")[2]
    assert device == f"/dev/video{source.source}"
    assert source.kind == "device"


def test_its_page_says_how_it_is_used(root: Path) -> None:
    page = (root / "docs/cameras.md").read_text().split("\n## Plugged in, with containers\n")[1].split("\n## ")[0]
    assert f"docker compose -f docker-compose.yml -f {NAME} up" in page
    assert {"CAMERA_DEVICE", "CAMERA_GROUP", "COMPOSE_FILE"} <= set(page.replace("=", " ").replace("`", " ").split())
