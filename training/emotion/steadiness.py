"""How steady answers are: what viewers of live video notice before any accuracy.

A face that holds still is never cut out twice alike: a detector's box moves by a pixel or so. To imitate that, each
image is shown in `FRAMES` frames, and in each of them it is shifted across, shifted down and zoomed, by amounts that
are drawn anew from a normal distribution whose standard deviation is `MOVE`, in sides of the image. Values between
pixels are bilinear, and beyond the border the outermost pixels repeat. Nothing of the face changes, so every change of
the label is a flicker.
"""

import math
from collections.abc import Callable, Iterator
from typing import Final, TypedDict

import cv2
import numpy as np

from contracts.emotions import Head
from models.tracking import SCORES_SETTLE_S

Read = Callable[[np.ndarray], dict[Head, np.ndarray]]
"""uint8 [N, 48, 48] → by head, probabilities [N, 7]."""

FRAMES: Final = 16
MOVE: Final = 0.01
_FRAME_S: Final = 1 / 15
"""Time from one frame to the next, where frames are those of a camera."""


class Steadiness(TypedDict):
    """Shares, from 0 to 1."""

    label_changes: float
    """Of the steps from one frame to the next, those at which the label changes."""
    unsteady_faces: float
    """Of the faces, those that have more than one label within the frames."""
    video_label_changes: float
    """As `label_changes`, of frames of a camera, whose scores are smoothed as they are in live video."""
    video_unsteady_faces: float
    mirrored: float
    """Of the faces, those that have the same label when they are mirrored."""


def measure_steadiness(read: Read, images: np.ndarray, seed: int = 0) -> dict[Head, Steadiness]:
    """Measure the answers of every head on moved and on mirrored images.

    Args:
        read: the network.
        images: uint8 [N, 48, 48].
        seed: of the moves.
    """
    frames = [read(frame) for frame in moved(images, seed)]
    plain, mirrored = read(images), read(np.ascontiguousarray(images[:, :, ::-1]))
    result: dict[Head, Steadiness] = {}
    for head in plain:
        scores = np.stack([frame[head] for frame in frames])
        changes, video_changes = _changes(scores), _changes(_smoothed(scores))
        result[head] = {
            "label_changes": float(changes.mean()),
            "unsteady_faces": float(changes.any(0).mean()),
            "video_label_changes": float(video_changes.mean()),
            "video_unsteady_faces": float(video_changes.any(0).mean()),
            "mirrored": float((plain[head].argmax(1) == mirrored[head].argmax(1)).mean()),
        }
    return result


def moved(images: np.ndarray, seed: int = 0) -> Iterator[np.ndarray]:
    """Give the frames, each of all images uint8 [N, 48, 48], shifted and zoomed a little."""
    rng = np.random.default_rng(seed)
    side = images.shape[1]
    middle = (side - 1) / 2
    for _ in range(FRAMES):
        draws = rng.normal(0, MOVE, (len(images), 3))
        frame = np.empty_like(images)
        for image, target, (across, down, zoom) in zip(images, frame, draws, strict=True):
            scale = 1 + zoom
            rest = middle * (1 - scale)  # the middle stays where it is, before the shift
            matrix = np.array([[scale, 0, rest + across * side], [0, scale, rest + down * side]])
            cv2.warpAffine(image, matrix, (side, side), dst=target, borderMode=cv2.BORDER_REPLICATE)
        yield frame


def _changes(scores: np.ndarray) -> np.ndarray:
    """Whether the label changes at each step between frames, bool [frames - 1, N], from their scores [frames, N, 7]."""
    labels = scores.argmax(2)
    return np.asarray(labels[1:] != labels[:-1])


def _smoothed(scores: np.ndarray) -> np.ndarray:
    """Scores [frames, N, 7] as ``models.tracking`` smooths them; it holds labels, too."""
    weight = 1 - math.exp(-_FRAME_S / SCORES_SETTLE_S)
    shown = [scores[0]]
    for frame in scores[1:]:
        shown.append(shown[-1] + (frame - shown[-1]) * weight)
    return np.stack(shown)
