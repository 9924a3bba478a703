"""Builds training pictures: crops, mosaics, tilings, faces pasted into scenes, and pictures without any face."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from training.detection.dataset import Picture
from training.detection.pasting import paste, plain
from training.detection.photometric import cover, degrade, relight
from training.detection.sample import Sample, cut, shift, turned, warp
from training.errors import DataError

FACES = (9.0, 190.0)
"""Sizes in pixels between which faces are drawn, evenly in the logarithm."""
LARGEST_ZOOM = 2.5
"""Pictures with faces are not enlarged more than this."""
CROWD = 5
"""Faces from which a photo counts as a crowd; there are few, so they are shown twice as often."""

Points = npt.NDArray[np.float64]
Way = Callable[[int, int], Sample]


class Composer:
    """Draws endless training pictures of ``size`` pixels a side; the same seed gives the same row.

    ``hardness`` [number of pictures without a face], if given, says how often each is drawn against the others; whoever
    holds it may change it at any time.
    """

    def __init__(
        self, pictures: Sequence[Picture], *, size: int, seed: int, hardness: npt.NDArray[np.float64] | None = None
    ) -> None:
        self._size = size
        self._chance = np.random.default_rng(seed)
        hand = [picture for picture in pictures if picture.source == "hand"]
        # Most hand-labelled faces wear masks: show the pictures with a bare face twice as often.
        self._hand = [picture for picture in hand for _ in range(1 + picture.bare + (len(picture.boxes) >= CROWD))]
        self._alone = [picture for picture in hand if len(picture.boxes) == 1] or hand
        self._machine, self._tight, self._none = (
            [picture for picture in pictures if picture.source == source] for source in ("machine", "tight", "none")
        )
        self._scenes = [picture for picture in self._none if min(picture.pixels.shape[:2]) >= 100] or self._none
        self._hardness = hardness
        if not (self._hand and self._machine and self._none):
            raise DataError("Pictures of all three sources are needed: hand, machine and none.")

    def draw(self) -> Sample:
        """Return the next picture."""
        ways = (self._crop, self._natural, self._mosaic, self._tiling, self._paste, self._close_up, self._empty)
        way = self._chance.choice(len(ways), p=(0.20, 0.22, 0.17, 0.13, 0.20, 0.03, 0.05))
        sample = ways[way](self._size, self._size)
        pixels = relight(sample.pixels, self._chance) if self._chance.random() < 0.8 else sample.pixels
        if self._chance.random() < 0.12:
            pixels = cover(pixels, self._chance)
        return sample._replace(pixels=degrade(pixels, self._chance))

    def _crop(self, width: int, height: int) -> Sample:
        """Take one face of a photo, bring it to a random size and put it anywhere."""
        picture = self._one(self._hand)
        if not len(picture.boxes):
            return self._natural(width, height)
        x1, y1, x2, y2 = picture.boxes[self._chance.integers(len(picture.boxes))]
        side = max(x2 - x1, y2 - y1)
        least = 0.8 * max(width, height) / max(picture.pixels.shape)
        size = min(self._face_size(), 0.8 * max(width, height))
        scale = max(min(size / side, LARGEST_ZOOM), least)
        place = self._chance.uniform(0.0, 1.0, 2) * (width, height)
        return self._warp(picture, scale, ((x1 + x2) / 2, (y1 + y2) / 2), place, (width, height))

    def _natural(self, width: int, height: int) -> Sample:
        """Take a photo as it will come: its longest side up to 560 pixels, a window of it."""
        picture = self._one(self._hand)
        tall, wide = picture.pixels.shape[:2]
        longest = max(200.0, 0.9 * max(width, height))
        scale = math.exp(self._chance.uniform(math.log(longest), math.log(560))) / max(tall, wide)
        place = [
            self._chance.uniform(min(0, room), max(0, room)) + side * scale / 2
            for side, room in ((wide, width - wide * scale), (tall, height - tall * scale))
        ]
        return self._warp(picture, scale, (wide / 2, tall / 2), np.array(place), (width, height))

    def _close_up(self, width: int, height: int) -> Sample:
        """Take a tight portrait and let it fill the picture or more."""
        picture = self._one(self._machine)
        tall, wide = picture.pixels.shape[:2]
        scale = self._chance.uniform(0.35, 1.35) * min(width, height) / max(tall, wide)
        place = self._chance.uniform(0.25, 0.75, 2) * (width, height)
        return self._warp(picture, scale, (wide / 2, tall / 2), place, (width, height))

    def _empty(self, width: int, height: int) -> Sample:
        """Take a picture without a face, at any zoom: animals and things look most like faces when large."""
        way = self._chance.random()
        if way < 0.1:
            return plain(width, height, self._chance)
        picture = self._hard() if way < 0.6 else self._one(self._scenes)
        tall, wide = picture.pixels.shape[:2]
        scale = self._chance.uniform(0.5, 2.0) * min(width, height) / max(tall, wide)
        place = self._chance.uniform(0.3, 0.7, 2) * (width, height)
        return self._warp(picture, scale, (wide / 2, tall / 2), place, (width, height))

    def _mosaic(self, width: int, height: int) -> Sample:
        """Put four pictures side by side."""
        middle_x, middle_y = (int(side * self._chance.uniform(0.35, 0.65)) for side in (width, height))
        ways = (self._crop, self._natural, self._close_up, self._empty)
        tiles = []
        pixels = np.empty((height, width, 3), np.uint8)
        for x1, x2 in ((0, middle_x), (middle_x, width)):
            for y1, y2 in ((0, middle_y), (middle_y, height)):
                way = ways[self._chance.choice(4, p=(0.35, 0.25, 0.15, 0.25))]
                tile = way(x2 - x1, y2 - y1)
                pixels[y1:y2, x1:x2] = tile.pixels
                tiles.append(shift(tile, x1, y1))
        return _joined(pixels, tiles)

    def _tiling(self, width: int, height: int) -> Sample:
        """Lay portraits out in a grid, as collages, contact sheets and video calls do: many people, one scale."""
        cell = int(math.exp(self._chance.uniform(math.log(0.17 * width), math.log(0.7 * width))))
        wide, tall = cell, max(int(cell * self._chance.uniform(0.7, 1.3)), 8)
        gap = int(self._chance.integers(1, 9)) if self._chance.random() < 0.4 else 0
        share = self._chance.uniform(0.25, 0.95)
        stock = (self._alone, self._machine, self._tight or self._machine)[self._chance.choice(3, p=(0.6, 0.2, 0.2))]
        one = self._cell(stock, wide, tall, share) if self._chance.random() < 0.35 else None
        pixels = plain(width, height, self._chance).pixels
        tiles = []
        start_x, start_y = (-int(self._chance.uniform(0, 0.5) * side) for side in (wide, tall))
        for x in range(start_x, width, wide + gap):
            for y in range(start_y, height, tall + gap):
                way = self._chance.random()
                if way < 0.08:
                    continue
                tile = one or (self._empty(wide, tall) if way < 0.2 else self._cell(stock, wide, tall, share))
                x1, y1, x2, y2 = max(x, 0), max(y, 0), min(x + wide, width), min(y + tall, height)
                pixels[y1:y2, x1:x2] = tile.pixels[y1 - y : y2 - y, x1 - x : x2 - x]
                tiles.append(shift(tile, x, y))
        return cut(_joined(pixels, tiles))

    def _cell(self, stock: Sequence[Picture], wide: int, tall: int, share: float) -> Sample:
        """Cut one portrait so that its face takes about ``share`` of the cell's shorter side."""
        picture = self._one(stock)
        if not len(picture.boxes):
            return self._empty(wide, tall)
        x1, y1, x2, y2 = picture.boxes[0]
        scale = share * math.exp(self._chance.normal(0, 0.12)) * min(wide, tall) / max(x2 - x1, y2 - y1)
        place = self._chance.uniform(0.4, 0.6, 2) * (wide, tall)
        return self._warp(picture, scale, ((x1 + x2) / 2, (y1 + y2) / 2), place, (wide, tall))

    def _paste(self, width: int, height: int) -> Sample:
        """Paste bare faces into a scene, and things that are no faces in the same manner."""
        way = self._chance.random()
        scene = (
            plain(width, height, self._chance)
            if way < 0.12
            else self._empty(width, height)
            if way < 0.6
            else self._natural(width, height)
        )
        things = [self._hard() for _ in range(4)]
        stock = (self._machine, self._tight or self._machine, things)
        return paste(scene, stock, (0.33, 0.37, 0.30), FACES, self._chance)

    def _warp(
        self,
        picture: Picture,
        scale: float,
        centre: tuple[float, float],
        place: Points,
        window: tuple[int, int],
    ) -> Sample:
        fill = 0 if self._chance.random() < 0.7 else int(self._chance.integers(256))
        if self._chance.random() < 0.8:  # move the picture so that it fills the window, for void teaches nothing
            sides = np.array(picture.pixels.shape[1::-1]) * scale
            corner, room = place - np.array(centre) * scale, np.array(window) - sides
            place = place + np.clip(corner, np.minimum(room, 0), np.maximum(room, 0)) - corner
        return warp(picture, turned(scale, centre, place.tolist(), most=28, chance=self._chance), *window, fill)

    def _face_size(self) -> float:
        return math.exp(self._chance.uniform(math.log(FACES[0]), math.log(FACES[1])))

    def _one(self, pictures: Sequence[Picture]) -> Picture:
        return pictures[int(self._chance.integers(len(pictures)))]

    def _hard(self) -> Picture:
        """Draw a picture without a face, what the network took for one most often."""
        if self._hardness is None:
            return self._one(self._none)
        sums = np.cumsum(self._hardness)
        return self._none[min(int(np.searchsorted(sums, self._chance.random() * sums[-1])), len(self._none) - 1)]


def _joined(pixels: npt.NDArray[np.uint8], tiles: Sequence[Sample]) -> Sample:
    if not tiles:
        none = np.empty((0, 4), np.float32)
        return Sample(pixels, none, np.empty((0, 5, 2), np.float32), none)
    return Sample(pixels, *(np.concatenate(parts) for parts in list(zip(*tiles, strict=True))[1:]))
