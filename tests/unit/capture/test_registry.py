"""The registry's file is read again when it has changed, and settled."""

import os
from pathlib import Path

import pytest

from capture.registry import RegistryFile

TEXT = '[[camera]]\nname = "{}"\nsource = "demo"\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "cameras.toml"
    path.write_text(TEXT.format("hall"))
    return path


def names(file: RegistryFile) -> list[str] | None:
    cameras = file.changed()
    return None if cameras is None else [camera.name for camera in cameras]


def test_a_change_counts_once_it_has_settled(path: Path) -> None:
    file = RegistryFile(str(path), 5)
    assert names(file) is None
    path.write_text(TEXT.format("garden"))
    assert [names(file) for _ in range(3)] == [None, ["garden"], None]


def test_a_file_that_an_editor_puts_in_its_place_counts(path: Path) -> None:
    file = RegistryFile(str(path), 5)
    other = path.with_suffix(".new")
    other.write_text(TEXT.format("door"))
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    other.replace(path)
    assert [names(file) for _ in range(2)] == [None, ["door"]]


def test_what_is_wrong_is_said_once_and_changes_nothing(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = RegistryFile(str(path), 5)
    path.write_text(TEXT.format("door") + "fps = 0\n")
    assert [names(file) for _ in range(4)] == [None] * 4
    assert len(caplog.records) == 1
    assert "camera 'door': fps:" in caplog.text
    path.unlink()
    assert [names(file) for _ in range(4)] == [None] * 4
    assert len(caplog.records) == 2
    path.write_text(TEXT.format("door"))
    assert [names(file) for _ in range(2)] == [None, ["door"]]
