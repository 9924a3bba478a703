"""Heads made unrecognizable: covered by one grey, from which nothing can be restored.

What is merely blurred or pixelated can be recognized by networks that were trained on such pictures (McPherson, Shokri,
Shmatikov 2016, "Defeating image obfuscation with deep learning"; Oh et al. 2016, "Faceless person recognition"), and a
film of it has more of a face than any of its pictures, as the cells lie elsewhere in each. A fill leaves nothing: its
colour is a constant, not even an average of the face.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from contracts.results import Box, Face
from models.tracking.hiding import is_remembered
from models.tracking.motion import expect
from models.tracking.state import TrackerState

FILL: Final = (112, 112, 112)
BESIDE: Final = 0.35
ABOVE: Final = 0.5
BELOW: Final = 0.3
"""How much of a box's width or height is covered beyond it: a detector's box ends at forehead, cheeks and chin, a head
has ears and hair, and the box of a face that turns away is a fifth off."""
DEVIATIONS: Final = 2.0
"""Of what the tracker is unsure about a face that it did not find: in standard deviations; so wide a margin more."""
MOST_UNSURE: Final = 1.0
"""That margin at most, in sizes of the face."""


def heads(faces: Iterable[Face], state: TrackerState | None = None, seen_at: float = 0.0) -> list[Box]:
    """What is to be covered: each face that was found, and in a frame each that is remembered and was not.

    Args:
        faces: of the image, also those that belong to no track.
        state: of the tracker after the frame, if it is one.
        seen_at: when it was captured, seconds since 1970.

    Returns:
        Boxes in pixels of the frame, of whole heads; they may end beyond its right and lower edge.
    """
    found = [_head(face.box.x, face.box.y, face.box.width, face.box.height) for face in faces]
    for track in state.tracks if state else ():  # found ones, too: there the smoothed box is
        if is_remembered(track, seen_at):
            expected = expect(track, seen_at)
            more = min(MOST_UNSURE, DEVIATIONS * math.sqrt(max(0.0, expected.spread[0]))) * expected.scale
            (x, y), (width, height) = expected.centre, track.size
            found.append(_head(x - width / 2 - more, y - height / 2 - more, width + 2 * more, height + 2 * more))
    return [box for box in found if box is not None]


def hide(pixels: npt.NDArray[np.uint8], boxes: Sequence[Box], scale: float = 1.0) -> npt.NDArray[np.uint8]:
    """Cover these boxes.

    Args:
        pixels: uint8 [H, W, 3]; left as it is.
        boxes: in pixels of the original image.
        scale: original pixels per pixel of `pixels`.

    Returns:
        A new array of the same shape.
    """
    covered = pixels.copy()
    for box in boxes:
        left, top = math.floor(box.x / scale), math.floor(box.y / scale)
        right, bottom = math.ceil((box.x + box.width) / scale), math.ceil((box.y + box.height) / scale)
        covered[top:bottom, left:right] = FILL
    return covered


def _head(x: float, y: float, width: float, height: float) -> Box | None:
    """The whole head around a face; none if all of it is beyond the left or the upper edge."""
    left, right = math.floor(x - BESIDE * width), math.ceil(x + (1 + BESIDE) * width)
    top, bottom = math.floor(y - ABOVE * height), math.ceil(y + (1 + BELOW) * height)
    if right <= 0 or bottom <= 0:
        return None
    left, top = max(0, left), max(0, top)
    return Box(x=left, y=top, width=right - left, height=bottom - top)
