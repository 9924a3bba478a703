"""A film that Chromium takes for a camera: the demo's face, in a format that it reads without a codec (YUV4MPEG2)."""

from pathlib import Path

import cv2
import numpy as np

from capture.sources.demo import DemoCamera

FPS = 20


def write_face(path: Path, seconds: float = 3.0) -> Path:
    """Write a face that moves, to and fro, so that nothing jumps where the film begins again."""
    moment = [0.0]
    camera = DemoCamera(clock=lambda: moment[0])
    frames = []
    for number in range(int(seconds * FPS / 2)):
        moment[0] = number / FPS
        captured = camera.read()
        frames.append(cv2.cvtColor(captured.image, cv2.COLOR_BGR2YUV_I420))
    _write(path, [*frames, *reversed(frames)])
    return path


def write_nothing(path: Path) -> Path:
    """Write a film in which there is no face."""
    grey = np.full((480, 640, 3), 96, np.uint8)
    _write(path, [cv2.cvtColor(grey, cv2.COLOR_BGR2YUV_I420)])
    return path


def options(film: Path) -> list[str]:
    """Chromium's, for a camera that shows this film and asks nobody."""
    return [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]


def _write(path: Path, frames: list[np.ndarray]) -> None:
    height, width = frames[0].shape[0] * 2 // 3, frames[0].shape[1]
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F{FPS}:1 Ip A1:1 C420jpeg\n".encode())
        for frame in frames:
            file.write(b"FRAME\n" + frame.tobytes())
