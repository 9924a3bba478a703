"""The registry of cameras: what it means, and what is said of every mistake."""

from pathlib import Path

import pytest

from contracts.cameras import CameraSettings, load_cameras, read_registry
from contracts.errors import ConfigurationError
from contracts.settings import Settings

SOUND = """
[[camera]]
name = "hall"
source = "rtsp://anna:secret@10.0.0.7/live"
fps = 10
width = 1280
quality = 70
blur = true
history_s = 3600
baseline = true

[[camera]]
name = "film"
source = "films/party.mp4"
once = true

[[camera]]
name = "phone"
source = "browser"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cameras.toml"


DEVICE_NAME = "device-" + "0f" * 16


def refused(path: Path, text: str) -> str:
    path.write_text(text)
    with pytest.raises(ConfigurationError) as refusal:
        read_registry(path, 5)
    return str(refusal.value).removeprefix(f"MIEN_CAMERAS={path}: ")


def test_every_camera_is_read_with_what_is_left_out(path: Path) -> None:
    path.write_text(SOUND)
    hall, film, phone = load_cameras(Settings(cameras=str(path)))
    assert (hall.name, hall.fps, hall.width, hall.quality, hall.kind) == ("hall", 10, 1280, 70, "rtsp")
    assert (hall.blur, hall.history_s, hall.baseline, hall.once) == (True, 3600, True, False)
    assert (film.source, film.kind, film.once) == (str(path.parent / "films/party.mp4"), "file", True)
    assert (phone.kind, phone.fps, phone.width, phone.quality, phone.blur) == ("browser", 15, 1920, 80, False)
    assert hall.options().model_dump() == {"kind": "rtsp", "blur": True, "history_s": 3600, "baseline": True}


def test_without_a_file_it_is_the_camera_of_the_settings() -> None:
    (camera,) = load_cameras(Settings(camera="door", camera_source="rtmp://not/ours", camera_fps=5))
    assert (camera.name, camera.source, camera.fps, camera.kind) == ("door", "rtmp://not/ours", 5, "")
    (camera,) = load_cameras(Settings())
    assert (camera.name, camera.kind) == ("camera", "auto")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (Settings(camera_fps=0.2), "MIEN_CAMERA_FPS=0.2: a frame lives for 5 s .* give 0.25 or more"),
        (Settings(camera_fps=0.1, frame_ttl_s=12), "MIEN_CAMERA_FPS=0.1: a frame lives for 12 s .* give 0.11 or more"),
        (Settings(camera=DEVICE_NAME), f"MIEN_CAMERA={DEVICE_NAME}: names of this form"),
    ],
)
def test_without_a_file_its_name_and_frames_a_second_are_checked_as_well(settings: Settings, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        load_cameras(settings)


def test_frames_that_live_longer_may_come_more_seldom(path: Path) -> None:
    path.write_text('[[camera]]\nname = "a"\nsource = "demo"\nfps = 0.05\n')
    assert [camera.fps for camera in load_cameras(Settings(cameras=str(path), frame_ttl_s=30))] == [0.05]


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("0", "device"),
        ("/dev/video2", "device"),
        ("rtsps://host/live", "rtsp"),
        ("HTTP://host/stream.mjpg", "http"),
        ("demo", "demo"),
        ("auto", "auto"),
        ("/", "folder"),
        ("/no/such.mp4", "file"),
        ("films/party@home.mp4", "file"),
        ("./a:b@c.mp4", "file"),
    ],
)
def test_the_kind_follows_from_the_source(source: str, kind: str) -> None:
    assert CameraSettings(name="a", source=source).kind == kind


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ('source = "demo"', "camera 1, which has no name: name: Field required."),
        ('name = "a b"\nsource = "demo"', "camera 'a b': name: String should match pattern '^[A-Za-z0-9_-]{1,64}$'."),
        ('name = "a"', "camera 'a': source: Field required."),
        ('name = "a"\nsource = "demo"\nfps = 0', "camera 'a': fps: Input should be greater than 0."),
        (
            'name = "a"\nsource = "demo"\nfps = 0.2',
            "camera 'a': fps: a frame lives for 5 s (MIEN_FRAME_TTL_S), the next",
        ),
        (f'name = "{DEVICE_NAME}"\nsource = "demo"', f"camera '{DEVICE_NAME}': name: names of this form are what brow"),
        ('name = "a"\nsource = "demo"\nfps = "5"', "camera 'a': fps: Input should be a valid number."),
        ('name = "a"\nsource = "demo"\nfsp = 5', "camera 'a': fsp: is not known; did you mean fps?"),
        ('name = "a"\nsource = "demo"\nzoom = 5', "camera 'a': zoom: is not known; docs/cameras.md lists what is."),
        ('name = "a"\nsource = "demo"\nonce = true', "camera 'a': once: is for video files and folders; other sources"),
        (
            'name = "a"\nsource = "ftp://h/x"',
            "camera 'a': source: an address has to begin with http://, https://, rtsp",
        ),
        ('name = "a"\nsource = "rtsp:/u:secret@h/live"', "camera 'a': source: an address has to begin with http://, "),
        ('name = "a"\nsource = "u:secret@h/live"', "camera 'a': source: an address has to begin with http://, "),
        ('name = "a"\nsource = "rtsp:///live"', "camera 'a': source: this address names no host."),
        ('name = "a"\nsource = "rtsp://u:secret/x@h/"', "camera 'a': source: this address is damaged; in user names"),
    ],
)
def test_a_mistake_is_told_with_its_camera_and_field(path: Path, fields: str, sentence: str) -> None:
    said = refused(path, f"[[camera]]\n{fields}\n")
    assert said.startswith(sentence)
    assert "secret" not in said


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[camera]\n", "this is not TOML: "),
        ("", "it names no camera; every camera is a table [[camera]], in two pairs of brackets."),
        ('[camera]\nname = "a"', "it names no camera; every camera is a table [[camera]], in two pairs"),
        ('[[cameras]]\nname = "a"', "'cameras' means nothing here; every camera is a table [[camera]]."),
        ("camera = [1]", "camera 1, which has no name: Input should be a valid dictionary or instance of"),
        ('[[camera]]\nname = "a"\nsource = "demo"\n' * 2, "camera 'a': name: 2 cameras have it."),
        ('[[camera]]\nsource = "demo"\n' * 300, "it names 300 cameras; 256 are the most."),
    ],
)
def test_a_file_of_another_form_is_told(path: Path, text: str, sentence: str) -> None:
    assert refused(path, text).startswith(sentence)


def test_all_mistakes_are_told_together(path: Path) -> None:
    said = refused(
        path, '[[camera]]\nname = "a"\nsource = ""\nfps = 0\n[[camera]]\nname = "b"\nblur = 1\nsource = "0"\n'
    )
    assert [part.split(": ")[:2] for part in said.split("; ")] == [
        ["camera 'a'", "source"],
        ["camera 'a'", "fps"],
        ["camera 'b'", "blur"],
    ]


def test_a_file_that_is_not_there_is_told(path: Path) -> None:
    with pytest.raises(ConfigurationError, match="the file cannot be read: No such file or directory"):
        load_cameras(Settings(cameras=str(path)))
