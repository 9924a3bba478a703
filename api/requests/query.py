"""Query parameters, read strictly: a wrong one is an error that names it, never a silent default."""

import math

from flask import Request

from contracts.errors import CameraNotFound, MalformedRequest
from contracts.storage.frames import FrameStore


def wait_seconds(request: Request, longest: float) -> float:
    """``?wait=``: seconds the client is willing to wait, 0 if absent, `longest` at most."""
    return seconds_to_wait(request.args.get("wait", "0"), "wait", longest)


def seconds_to_wait(text: str, field: str, longest: float) -> float:
    """A number of seconds, `longest` at most.

    Raises:
        MalformedRequest: no number, or a negative one.
    """
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not seconds >= 0:
        raise MalformedRequest(f'"{field}" has to be a number of seconds from 0 to {longest:g}.', field=field)
    return min(seconds, longest)


def known_camera(request: Request, frames: FrameStore) -> str | None:
    """``?camera=``, or the camera with the newest frame; None if there is none at all.

    Raises:
        CameraNotFound: no camera of this name has published within the last hour.
    """
    cameras = frames.cameras()
    asked = request.args.get("camera")
    if not asked:
        return next(iter(cameras), None)
    if asked not in cameras:
        raise CameraNotFound("No camera of this name has sent a picture within the last hour.", field="camera")
    return asked
