"""Lays faces, and things that are none, into a scene: at any place, in rows, up to twenty at one scale."""

import math
from collections.abc import Iterator, Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from training.detection.dataset import LabelledImage
from training.detection.photometric import relight, tint
from training.detection.sample import Floats, Sample, cut, random_placement, shift, warp

CONTEXT: Final = 1.3
"""Sides of what looks like a face that are cut out with it."""
MOST: Final = 20
"""Faces laid into one scene at most."""

Place = tuple[float, float, float]
"""Middle and side in pixels of what is laid down."""
Stock = Sequence[Sequence[LabelledImage]]


def paste(
    scene: Sample, stock: Stock, odds: Sequence[float], sizes: tuple[float, float], rng: np.random.Generator
) -> Sample:
    """Lay images into a scene.

    Three times in ten all of them are of one kind: a class, a team, a wall of portraits.

    Args:
        scene: to lay them into; what would touch one of its faces is left out.
        stock: kinds of images.
        odds: probability of each kind.
        sizes: least and largest side of what is laid down, in pixels.
        rng: source of randomness.
    """
    height, width = scene.pixels.shape[:2]
    pixels, parts = scene.pixels.copy(), [scene]
    taken = [tuple(box) for box in (*scene.boxes.tolist(), *scene.ignored.tolist())]
    same = int(rng.choice(len(stock), p=odds)) if rng.random() < 0.3 else None
    for x, y, side in _places(width, height, sizes, rng):
        kind = int(rng.choice(len(stock), p=odds)) if same is None else same
        thing = stock[kind][int(rng.integers(len(stock[kind])))]
        box = (x - side / 2, y - side / 2, x + side / 2, y + side / 2)
        if any(_touch(box, other) for other in taken):
            continue
        taken.append(box)
        parts.append(_lay(pixels, thing, (x, y, side), rng))
    joined = (np.concatenate(rows) for rows in list(zip(*parts, strict=True))[1:])
    return cut(Sample(pixels, *joined))


def cut_out(image: LabelledImage, box: Floats) -> list[LabelledImage]:
    """Cut what looks like a face out of its photo; nothing, if a face would come with it.

    Args:
        image: the photo.
        box: [4] x1, y1, x2, y2 of what is no face, in pixels.
    """
    middle, reach = (box[:2] + box[2:]) / 2, CONTEXT / 2 * (box[2:] - box[:2]).max()
    low = np.maximum(middle - reach, 0).astype(int)
    high = np.minimum(middle + reach, image.pixels.shape[1::-1]).astype(int)
    if any(_touch((*low, *high), face) for face in (*image.boxes.tolist(), *image.overlooked.tolist())):
        return []
    none = np.empty((0, 4), np.float32)
    points = np.empty((0, 5, 2), np.float32)
    return [
        LabelledImage(image.name, "none", image.pixels[low[1] : high[1], low[0] : high[0]], none, points, bare=False)
    ]


def plain(width: int, height: int, rng: np.random.Generator) -> Sample:
    """Make a scene without objects: one colour, a gradient of two, stripes or noise."""
    first, last = rng.integers(0, 256, (2, 3)).astype(np.float32)
    if rng.random() < 0.5:
        first[:], last[:] = first[0], last[0]
    ramp = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    way = rng.random()
    if way < 0.4:
        ramp = ramp * 0
    elif way < 0.55:
        ramp = (0.5 + np.sin(ramp * rng.uniform(10, 200)).astype(np.float32) / 2).astype(np.float32)
    pixels = np.repeat(first * (1 - ramp) + last * ramp, width, axis=1)
    if rng.random() < 0.5:
        pixels = pixels.transpose(1, 0, 2) if width == height else pixels
    if rng.random() < 0.3:
        small = rng.normal(0, 30, (max(height // 8, 1), max(width // 8, 1), 3)).astype(np.float32)
        pixels = pixels + cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return without_face(np.ascontiguousarray(np.clip(pixels, 0, 255).astype(np.uint8)))


def without_face(pixels: npt.NDArray[np.uint8]) -> Sample:
    """Give an image in which there is none."""
    none = np.empty((0, 4), np.float32)
    return Sample(pixels, none, np.empty((0, 5, 2), np.float32), none)


def _places(width: int, height: int, sizes: tuple[float, float], rng: np.random.Generator) -> Iterator[Place]:
    """Yield places: one to three anywhere and of any size, or many of about one size, or rows of them."""
    low, high = (math.log(size) for size in sizes)
    way = rng.random()
    if way < 0.5:
        for _ in range(int(rng.integers(1, 4))):
            side = math.exp(rng.uniform(low, high))
            yield rng.uniform(0.05, 0.95) * width, rng.uniform(0.05, 0.95) * height, side
        return
    side = math.exp(rng.uniform(low, low + 0.7 * (high - low)))
    if way < 0.75:
        for _ in range(int(rng.integers(4, MOST + 1))):
            own = side * math.exp(rng.normal(0, 0.2))
            yield rng.uniform(0.03, 0.97) * width, rng.uniform(0.03, 0.97) * height, own
        return
    step, count = side * rng.uniform(1.05, 2.0), 0
    left, top = rng.uniform(0, 0.5) * width, rng.uniform(0, 0.7) * height
    for y in np.arange(top + 0.6 * side, height, step * rng.uniform(0.95, 1.3)):
        for x in np.arange(left + 0.6 * side, width, step):
            shake = rng.normal(0, 0.06 * side, 2)
            count += 1
            if count <= MOST and rng.random() < 0.85:
                yield x + shake[0], y + shake[1], side * math.exp(rng.normal(0, 0.08))


def _lay(pixels: npt.NDArray[np.uint8], thing: LabelledImage, place: Place, rng: np.random.Generator) -> Sample:
    """Blend one thing into ``pixels``; return its annotations, in their coordinates."""
    x, y, side = place
    tall, wide = thing.pixels.shape[:2]
    # Only a window around the thing is touched: blending the whole image for each would take most of the time.
    window = math.ceil(side * 1.5) + 2
    left, top = round(x - window / 2), round(y - window / 2)
    matrix = random_placement(
        side * 1.05 / max(tall, wide), (wide / 2, tall / 2), (x - left, y - top), most=25, rng=rng
    )
    laid = warp(thing, matrix, window, window)
    stencil = cv2.warpAffine(_mask(tall, wide, rng), matrix, (window, window)).astype(np.float32) / 255
    soft = cv2.GaussianBlur(stencil, (0, 0), max(side * rng.uniform(0.005, 0.04), 0.3))[..., None]
    face = relight(laid.pixels, rng)
    if thing.annotator == "tight" or rng.random() < 0.1:
        face = tint(face, rng)
    height, width = pixels.shape[:2]
    x1, y1, x2, y2 = max(left, 0), max(top, 0), min(left + window, width), min(top + window, height)
    if x2 > x1 and y2 > y1:
        inner = np.s_[y1 - top : y2 - top, x1 - left : x2 - left]
        under = pixels[y1:y2, x1:x2]
        pixels[y1:y2, x1:x2] = (under * (1 - soft[inner]) + face[inner] * soft[inner]).astype(np.uint8)
    return shift(laid, left, top)


def _mask(tall: int, wide: int, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Mask an oval, or all but a rim: what lies under the softened edge must be the thing itself."""
    mask = np.zeros((tall, wide), np.uint8)
    if rng.random() < 0.5:
        cv2.ellipse(mask, (wide // 2, tall // 2), (int(wide * 0.47), int(tall * 0.49)), 0, 0, 360, 255, -1)
    else:
        rim = max(min(tall, wide) // 40, 1)
        mask[rim:-rim, rim:-rim] = 255
    return mask


def _touch(a: Sequence[float], b: Sequence[float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
