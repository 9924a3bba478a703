"""The cameras of an installation: how each is meant to be (the registry), and how each is."""

import math
import re
import tomllib
from collections import Counter
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from contracts.devices import is_device
from contracts.errors import ConfigurationError
from contracts.frames import CameraOptions
from contracts.results import Message
from contracts.settings import PREFIX, Settings

NAME: Final = r"^[A-Za-z0-9_-]{1,64}$"
"""What a camera may be called: it stands in keys of Redis and in addresses."""
DEVICE: Final = re.compile(r"(?:/dev/video)?(\d{1,3})")
KINDS_OF_ADDRESSES: Final = {"rtsp": "rtsp", "rtsps": "rtsp", "http": "http", "https": "http"}
"""Scheme → kind of camera."""
MISSPELT_ADDRESS: Final = re.compile(r"(?:rtsps?|rtmps?|https?)(?::|;|//)|[^/@]+:[^@]*@", re.IGNORECASE)
"""How a source begins that is meant as an address, and lacks its ``://``; it may have a password in it. A file of such
a name is meant by ``./`` before it."""
BROWSER: Final = "browser"
"""Source, and kind, of a camera whose images a browser sends."""
_SETTING: Final = f"{PREFIX}CAMERAS"
_SETTING_OF_ONE: Final = f"{PREFIX}CAMERA"
_TABLE: Final = "camera"
_MOST: Final = 256
_OF_BROWSERS: Final = "names of this form are what browsers give themselves, and stand in no list; choose another"
_MARGIN: Final = 1.25
"""So much longer than the time between two frames each lives, that none has gone before the next has come."""

CameraState = Literal["connecting", "live", "stalled", "gone"]


class CameraSettings(BaseModel):
    """A camera as the registry describes it. Its source may have a password in it, and is in no text of this."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    name: str = Field(pattern=NAME)
    source: str = Field(min_length=1, max_length=2_048, repr=False)
    fps: float = Field(15.0, gt=0, le=120)
    width: int = Field(1920, ge=64, le=7680)
    """Longest side of what is published, in pixels: larger images are scaled down. At 1920 a 4K camera costs four times
    fewer bytes, and a face to be read still has 48 pixels."""
    quality: int = Field(80, ge=1, le=100)
    """Of the JPEGs: at 80 one of 640x480 takes 40 KB and 0.6 ms; more would only cost bytes."""
    blur: bool = False
    history_s: int = Field(0, ge=0, le=31 * 86_400)
    baseline: bool = False
    once: bool = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        if is_device(self.name):
            raise ValueError(f"name: {_OF_BROWSERS}")
        if problem := _problem_of_address(self.source):
            raise ValueError(f"source: {problem}")
        if self.once and self.kind not in {"file", "folder"}:
            raise ValueError("once: is for video files and folders; other sources have no end")
        return self

    @property
    def kind(self) -> str:
        """What the source is: ``device``, ``rtsp``, ``http``, ``file``, ``folder``, ``demo`` or ``browser``.

        ``auto`` until it has been opened, where that is left to the machine.
        """
        if self.source in {"auto", "demo", BROWSER}:
            return self.source
        if DEVICE.fullmatch(self.source):
            return "device"
        if "://" in self.source:
            return KINDS_OF_ADDRESSES.get(self.source.partition("://")[0].lower(), "")
        return "folder" if Path(self.source).expanduser().is_dir() else "file"

    def options(self, kind: str = "") -> CameraOptions:
        """What travels with its frames; `kind` where it turned out only when it was opened."""
        return CameraOptions(kind=kind or self.kind, blur=self.blur, history_s=self.history_s, baseline=self.baseline)


class CameraStatus(Message):
    """How a camera is. Whoever is responsible for it says so every few seconds; nobody believes it for longer."""

    name: str
    kind: str
    state: CameraState
    reason: str | None = Field(default=None, description="What is wrong, if anything is. Names no address.")
    since: float = Field(description="Since when it is in this state: seconds since 1970.")
    fps: float = Field(description="Frames a second, at most.")
    blur: bool = False
    history_s: int = 0


def load_cameras(settings: Settings) -> list[CameraSettings]:
    """The cameras of the registry; without one, the camera that the other settings name.

    Raises:
        ConfigurationError: one sentence about every mistake in the file, each with its camera and field; or about the
            name or the frames a second of the one camera.
    """
    if settings.cameras:
        return read_registry(Path(settings.cameras).expanduser(), settings.frame_ttl_s)
    if is_device(settings.camera):
        raise ConfigurationError(f"{_SETTING_OF_ONE}={settings.camera}: {_OF_BROWSERS}.", field=_SETTING_OF_ONE)
    if problem := _problem_of_fps(settings.camera_fps, settings.frame_ttl_s):
        name = f"{_SETTING_OF_ONE}_FPS"
        raise ConfigurationError(f"{name}={settings.camera_fps:g}: {problem}.", field=name)
    # Not validated: what is wrong with its source, capture says when it opens it.
    return [
        CameraSettings.model_construct(name=settings.camera, source=settings.camera_source, fps=settings.camera_fps)
    ]


def read_registry(path: Path, frame_ttl_s: float) -> list[CameraSettings]:
    """The cameras of a file; paths in it are meant from its folder.

    Args:
        path: of the file.
        frame_ttl_s: how long a frame lives, in seconds: the next has to come before.

    Raises:
        ConfigurationError: as `load_cameras`.
    """
    mistakes: list[str] = []
    cameras = [camera for number, table in enumerate(_tables(path), 1) if (camera := _camera(table, number, mistakes))]
    mistakes += [
        f"camera {camera.name!r}: fps: {problem}"
        for camera in cameras
        if (problem := _problem_of_fps(camera.fps, frame_ttl_s))
    ]
    names = Counter(camera.name for camera in cameras)
    mistakes += [f"camera {name!r}: name: {times} cameras have it" for name, times in names.items() if times > 1]
    if mistakes:
        raise _wrong(path, "; ".join(mistakes))
    return [_from_folder(camera, path.parent) for camera in cameras]


def _tables(path: Path) -> list[Any]:
    try:
        parsed = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _wrong(path, f"the file cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _wrong(path, "the file is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise _wrong(path, f"this is not TOML: {error}") from None
    unknown = sorted(set(parsed) - {_TABLE})
    tables = parsed.get(_TABLE)
    if unknown:
        raise _wrong(path, f"{unknown[0]!r} means nothing here; every camera is a table [[{_TABLE}]]")
    if not isinstance(tables, list) or not tables:
        raise _wrong(path, f"it names no camera; every camera is a table [[{_TABLE}]], in two pairs of brackets")
    if len(tables) > _MOST:
        raise _wrong(path, f"it names {len(tables)} cameras; {_MOST} are the most")
    return tables


def _camera(table: Any, number: int, mistakes: list[str]) -> CameraSettings | None:
    """The camera of a table; none if something is wrong with it, which is added to the mistakes."""
    name = table.get("name") if isinstance(table, dict) else None
    which = f"camera {name!r}" if isinstance(name, str) else f"camera {number}, which has no name"
    try:
        return CameraSettings.model_validate(table)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
    for fault in faults:
        field = ".".join(map(str, fault["loc"]))
        message = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "extra_forbidden":
            near = get_close_matches(field, CameraSettings.model_fields, n=1)
            message = f"is not known; {f'did you mean {near[0]}?' if near else 'docs/cameras.md lists what is'}"
        mistakes.append(": ".join(part for part in (which, field, message) if part))
    return None


def _problem_of_address(source: str) -> str:
    """What is wrong with a source that is an address; empty if nothing is, or it is none."""
    known = ", ".join(f"{scheme}://" for scheme in sorted(KINDS_OF_ADDRESSES))
    if "://" not in source:
        return f"an address has to begin with {known}" if MISSPELT_ADDRESS.match(source) else ""
    try:
        parts = urlsplit(source)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "this address is damaged; in user names and passwords write / as %2F, @ as %40, # as %23, ? as %3F"
    if parts.scheme.lower() not in KINDS_OF_ADDRESSES:
        return f"an address has to begin with {known}"
    return "" if host else "this address names no host"


def _problem_of_fps(fps: float, frame_ttl_s: float) -> str:
    """What is wrong with so few frames a second; empty if nothing is."""
    least = _MARGIN / frame_ttl_s
    if fps >= least:
        return ""
    enough = math.ceil(least * 100) / 100
    return (
        f"a frame lives for {frame_ttl_s:g} s ({PREFIX}FRAME_TTL_S), the next comes too late; give {enough:g} or more"
    )


def _from_folder(camera: CameraSettings, folder: Path) -> CameraSettings:
    if camera.kind not in {"file", "folder"}:
        return camera
    return camera.model_copy(update={"source": str(folder / Path(camera.source).expanduser())})


def _wrong(path: Path, what: str) -> ConfigurationError:
    return ConfigurationError(f"{_SETTING}={path}: {what}{'' if what.endswith('?') else '.'}", field=_SETTING)
