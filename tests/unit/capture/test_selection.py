"""Which source a setting means."""

from contextlib import closing
from pathlib import Path

import pytest

from capture import selection
from capture.selection import open_source
from capture.sources.demo import DemoCamera
from capture.sources.device import has_device
from capture.sources.folder import ImageFolder
from capture.sources.live import LiveSource
from capture.sources.video import VideoFile
from contracts.errors import ConfigurationError

NO_DEVICE = 97


def test_files_folders_and_the_demo_are_told_apart(video: Path, folder: Path) -> None:
    for text, kind in {str(video): VideoFile, str(folder): ImageFolder, "demo": DemoCamera}.items():
        with closing(open_source(text).source) as source:
            assert isinstance(source, kind)


@pytest.mark.parametrize("text", [str(NO_DEVICE), f"/dev/video{NO_DEVICE}"])
def test_a_device_that_is_not_there_is_refused(text: str) -> None:
    assert not has_device(NO_DEVICE)
    with pytest.raises(ConfigurationError, match=f"MIEN_CAMERA_SOURCE={text}: there is no camera"):
        open_source(text)


def test_an_address_need_not_answer_and_hides_its_password() -> None:
    with closing(open_source("http://anna:secret@127.0.0.1:9/stream?x=1").source) as source:
        assert isinstance(source, LiveSource)
        assert source.name == "The camera at http://127.0.0.1:9"


@pytest.mark.parametrize("text", ["ftp://host/video", "file:///etc/passwd"])
def test_other_addresses_are_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"MIEN_CAMERA_SOURCE=.*has to begin with http://, https://, rtsp://"):
        open_source(text)


def test_a_refused_address_hides_its_password() -> None:
    with pytest.raises(ConfigurationError, match=r"MIEN_CAMERA_SOURCE=rtmp://cam: ") as refusal:
        open_source("rtmp://anna:secret@cam/stream")
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    [
        "rtsp:/admin:secret@10.0.0.7/live",
        "rtsp//admin:secret@10.0.0.7/live",
        "admin:secret@10.0.0.7/live",
        "rtsp:10.0.0.7/live?password=secret",
        "/admin/secret@10.0.0.7",
    ],
)
def test_a_misspelt_address_is_told_as_one_and_hides_its_password(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"no address either: one begins with rtsp://") as refusal:
        open_source(text)
    assert "secret" not in str(refusal.value)


def test_a_file_may_have_an_at_in_its_name(video: Path) -> None:
    named = video.rename(video.with_name("party@home.mp4"))
    with closing(open_source(str(named)).source) as source:
        assert isinstance(source, VideoFile)


def test_anything_else_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"MIEN_CAMERA_SOURCE=/no/where: there is no such file"):
        open_source("/no/where")


def test_auto_means_the_demo_where_there_is_no_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "has_device", lambda index: index != 0)
    opened = open_source("auto")
    assert isinstance(opened.source, DemoCamera)
    assert (opened.kind, opened.text) == ("demo", "demo")


def test_auto_means_the_first_camera_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    monkeypatch.setattr(selection, "has_device", lambda index: index == 0)
    monkeypatch.setattr(selection, "open_device", opened.append)
    assert open_source("auto").text == "0"
    assert opened == [0]
