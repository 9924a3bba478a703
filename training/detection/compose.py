"""Builds training images: crops, mosaics, faces pasted into scenes, and images without any face."""

import math
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from training.detection.dataset import LabelledImage
from training.detection.photometric import cover, degrade, relight
from training.detection.sample import Floats, Sample, cut, shift, warp
from training.shared.errors import DataError

FACES = (12.0, 190.0)
"""Sizes in pixels between which faces are drawn, evenly in the logarithm."""
LARGEST_ZOOM = 2.5
"""Images with faces are not enlarged more than this."""


Points = npt.NDArray[np.float64]


class Composer:
    """Composes training images without end; the same seed gives the same sequence."""

    def __init__(self, images: Sequence[LabelledImage], *, size: int, seed: int) -> None:
        """Sort the images by annotator.

        Args:
            images: to compose from, some of each annotator.
            size: side of the training images, in pixels.
            seed: of everything random.

        Raises:
            DataError: there are none of one annotator.
        """
        self._size = size
        self._rng = np.random.default_rng(seed)
        hand = [image for image in images if image.annotator == "hand"]
        # Most hand-labelled faces wear masks: show the images with a bare face twice as often.
        self._hand = hand + [image for image in hand if image.bare]
        self._machine = [image for image in images if image.annotator == "machine"]
        self._none = [image for image in images if image.annotator == "none"]
        self._scenes = [image for image in self._none if min(image.pixels.shape[:2]) >= 100] or self._none
        if not (self._hand and self._machine and self._none):
            raise DataError("Images of all three annotators are needed: hand, machine and none.")

    def draw(self) -> Sample:
        """Return the next image."""
        ways = (self._crop, self._natural, self._mosaic, self._paste, self._close_up, self._empty)
        way = self._rng.choice(len(ways), p=(0.24, 0.24, 0.30, 0.14, 0.03, 0.05))
        sample = ways[way](self._size, self._size)
        pixels = relight(sample.pixels, self._rng) if self._rng.random() < 0.8 else sample.pixels
        if self._rng.random() < 0.12:
            pixels = cover(pixels, self._rng)
        return sample._replace(pixels=degrade(pixels, self._rng))

    def _crop(self, width: int, height: int) -> Sample:
        """Take one face of a photo, bring it to a random size and put it anywhere."""
        image = self._one(self._hand)
        if not len(image.boxes):
            return self._natural(width, height)
        x1, y1, x2, y2 = image.boxes[self._rng.integers(len(image.boxes))]
        side = max(x2 - x1, y2 - y1)
        least = 0.8 * max(width, height) / max(image.pixels.shape)
        size = min(self._face_size(), 0.8 * max(width, height))
        scale = max(min(size / side, LARGEST_ZOOM), least)
        place = self._rng.uniform(0.0, 1.0, 2) * (width, height)
        return self._warp(image, scale, ((x1 + x2) / 2, (y1 + y2) / 2), place, (width, height))

    def _natural(self, width: int, height: int) -> Sample:
        """Take a photo as it will come: its longest side up to 560 pixels, a window of it."""
        image = self._one(self._hand)
        tall, wide = image.pixels.shape[:2]
        longest = max(200.0, 0.9 * max(width, height))
        scale = math.exp(self._rng.uniform(math.log(longest), math.log(560))) / max(tall, wide)
        place = [
            self._rng.uniform(min(0, room), max(0, room)) + side * scale / 2
            for side, room in ((wide, width - wide * scale), (tall, height - tall * scale))
        ]
        return self._warp(image, scale, (wide / 2, tall / 2), np.array(place), (width, height))

    def _close_up(self, width: int, height: int) -> Sample:
        """Take a tight portrait and let it fill the image or more."""
        image = self._one(self._machine)
        tall, wide = image.pixels.shape[:2]
        scale = self._rng.uniform(0.35, 1.35) * min(width, height) / max(tall, wide)
        place = self._rng.uniform(0.25, 0.75, 2) * (width, height)
        return self._warp(image, scale, (wide / 2, tall / 2), place, (width, height))

    def _empty(self, width: int, height: int) -> Sample:
        """Take an image without a face, at any zoom: animals and things look most like faces when large."""
        image = self._one(self._none if self._rng.random() < 0.6 else self._scenes)
        tall, wide = image.pixels.shape[:2]
        scale = self._rng.uniform(0.5, 2.0) * min(width, height) / max(tall, wide)
        place = self._rng.uniform(0.3, 0.7, 2) * (width, height)
        return self._warp(image, scale, (wide / 2, tall / 2), place, (width, height))

    def _mosaic(self, width: int, height: int) -> Sample:
        """Put four images side by side."""
        middle_x, middle_y = (int(side * self._rng.uniform(0.35, 0.65)) for side in (width, height))
        ways = (self._crop, self._natural, self._close_up, self._empty)
        tiles = []
        pixels = np.empty((height, width, 3), np.uint8)
        for x1, x2 in ((0, middle_x), (middle_x, width)):
            for y1, y2 in ((0, middle_y), (middle_y, height)):
                way = ways[self._rng.choice(4, p=(0.35, 0.25, 0.15, 0.25))]
                tile = way(x2 - x1, y2 - y1)
                pixels[y1:y2, x1:x2] = tile.pixels
                tiles.append(shift(tile, x1, y1))
        joined = (np.concatenate(parts) for parts in list(zip(*tiles, strict=True))[1:])
        return Sample(pixels, *joined)

    def _paste(self, width: int, height: int) -> Sample:
        """Paste bare faces into a scene, and things that are no faces in the same manner."""
        scene = self._empty(width, height) if self._rng.random() < 0.6 else self._natural(width, height)
        for _ in range(self._rng.integers(1, 4)):
            thing = self._one(self._machine if self._rng.random() < 0.65 else self._none)
            scene = self._paste_one(scene, thing)
        return scene

    def _paste_one(self, scene: Sample, thing: LabelledImage) -> Sample:
        height, width = scene.pixels.shape[:2]
        side = self._face_size() * 1.05
        tall, wide = thing.pixels.shape[:2]
        place = self._rng.uniform(0.05, 0.95, 2) * (width, height)
        centre = (wide / 2, tall / 2)
        matrix = self._matrix(side / max(tall, wide), centre, place, most=25)
        laid = warp(thing, matrix, width, height)
        if _overlaps(laid, scene):
            return scene
        mask = np.zeros((tall, wide), np.uint8)
        if self._rng.random() < 0.7:
            cv2.ellipse(mask, (wide // 2, tall // 2), (int(wide * 0.47), int(tall * 0.49)), 0, 0, 360, 255, -1)
        else:
            mask[:] = 255
        stencil = cv2.warpAffine(mask, matrix, (width, height), flags=cv2.INTER_AREA).astype(np.float32) / 255
        soft = cv2.GaussianBlur(stencil, (0, 0), max(side * self._rng.uniform(0.005, 0.04), 0.3))[..., None]
        face = relight(laid.pixels, self._rng)
        pixels = (scene.pixels * (1 - soft) + face * soft).astype(np.uint8)
        return cut(
            Sample(
                pixels,
                np.concatenate([scene.boxes, laid.boxes]),
                np.concatenate([scene.landmarks, laid.landmarks]),
                np.concatenate([scene.ignored, laid.ignored]),
            )
        )

    def _warp(
        self,
        image: LabelledImage,
        scale: float,
        centre: tuple[float, float],
        place: Points,
        window: tuple[int, int],
    ) -> Sample:
        fill = 0 if self._rng.random() < 0.7 else int(self._rng.integers(256))
        if self._rng.random() < 0.8:  # move the image so that it fills the window, for nothing is learned from padding
            sides = np.array(image.pixels.shape[1::-1]) * scale
            corner, room = place - np.array(centre) * scale, np.array(window) - sides
            place = place + np.clip(corner, np.minimum(room, 0), np.maximum(room, 0)) - corner
        return warp(image, self._matrix(scale, centre, place, most=28), *window, fill)

    def _matrix(self, scale: float, centre: tuple[float, float], place: Points, most: float) -> Floats:
        """Scale, stretch a little, turn now and then by up to ``most`` degrees, mirror half of the time."""
        turn = math.radians(self._rng.uniform(-most, most)) if self._rng.random() < 0.35 else 0.0
        stretch = math.exp(self._rng.normal(0, 0.06))
        mirror = -1.0 if self._rng.random() < 0.5 else 1.0
        cos, sin = math.cos(turn) * scale, math.sin(turn) * scale
        matrix = np.array([[cos, -sin, 0], [sin, cos, 0]]) @ np.diag([mirror * stretch, 1 / stretch, 1])
        matrix[:, 2] = np.asarray(place) - matrix[:, :2] @ np.asarray(centre, np.float64)
        return matrix.astype(np.float32)

    def _face_size(self) -> float:
        return math.exp(self._rng.uniform(math.log(FACES[0]), math.log(FACES[1])))

    def _one(self, images: Sequence[LabelledImage]) -> LabelledImage:
        return images[int(self._rng.integers(len(images)))]


def _overlaps(laid: Sample, scene: Sample) -> bool:
    """Whether what is laid down touches a face of the scene."""
    ys, xs = np.nonzero(laid.pixels.any(axis=2))
    others = np.concatenate([scene.boxes, scene.ignored])
    if not len(xs) or not len(others):
        return False
    low, high = np.array([xs.min(), ys.min()]), np.array([xs.max(), ys.max()])
    return bool(((others[:, :2] < high) & (others[:, 2:] > low)).all(axis=1).any())
