"""How steady answers are: what viewers of live video notice before any accuracy.

A face that holds still is never cut out twice alike: a detector's box moves by a pixel or so. To imitate that, each
image is shown in `FRAMES` frames, and in each of them it is shifted across, shifted down and zoomed, by amounts that
are drawn anew from a normal distribution whose standard deviation is `MOVE`, in sides of the image. Values between
pixels are bilinear, and beyond the border the outermost pixels repeat. Nothing of the face changes, so every change of
the label is a flicker.
"""

from collections.abc import Callable, Iterator
from typing import Final, TypedDict

import cv2
import numpy as np

from contracts.emotions import Head

Read = Callable[[np.ndarray], dict[Head, np.ndarray]]
"""uint8 [N, 48, 48] → by head, probabilities [N, 7]."""

FRAMES: Final = 16
MOVE: Final = 0.01


class Steadiness(TypedDict):
    """Shares, from 0 to 1."""

    label_changes: float
    """Of the steps from one frame to the next, those at which the label changes."""
    unsteady_faces: float
    """Of the faces, those that have more than one label within the frames."""
    mirrored: float
    """Of the faces, those that have the same label when they are mirrored."""


def measure_steadiness(read: Read, images: np.ndarray, seed: int = 0) -> dict[Head, Steadiness]:
    """Measure the answers of every head on moved and on mirrored images.

    Args:
        read: the network.
        images: uint8 [N, 48, 48].
        seed: of the moves.
    """
    frames = [_labels(read, frame) for frame in moved(images, seed)]
    plain, mirrored = _labels(read, images), _labels(read, np.ascontiguousarray(images[:, :, ::-1]))
    result: dict[Head, Steadiness] = {}
    for head in plain:
        labels = np.stack([frame[head] for frame in frames], axis=1)
        changes = labels[:, 1:] != labels[:, :-1]
        result[head] = {
            "label_changes": float(changes.mean()),
            "unsteady_faces": float(changes.any(1).mean()),
            "mirrored": float((plain[head] == mirrored[head]).mean()),
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


def _labels(read: Read, images: np.ndarray) -> dict[Head, np.ndarray]:
    return {head: probabilities.argmax(1) for head, probabilities in read(images).items()}
