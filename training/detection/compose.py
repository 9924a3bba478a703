"""Builds training images: crops of faces and of what looks like one, mosaics, tilings, pasted faces, empty scenes."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from training.detection.clutter import clutter
from training.detection.dataset import LabelledImage
from training.detection.hardness import Weights
from training.detection.pasting import cut_out, paste, plain, without_face
from training.detection.photometric import cover, degrade, relight
from training.detection.sample import Floats, Sample, cut, random_placement, shift, warp
from training.shared.errors import DataError

FACES = (9.0, 190.0)
"""Sizes in pixels between which faces are drawn, evenly in the logarithm."""
PASTED = (13.0, 190.0)
"""The same of faces pasted without their heads: smaller ones are not to be told from pebbles."""
LARGEST_ZOOM = 2.5
"""Images with faces are not enlarged more than this."""
CROWD = 5
"""Faces from which a photo counts as a crowd; there are few, so they are drawn twice as often."""

Points = npt.NDArray[np.float64]


class Composer:
    """Composes training images without end; the same seed gives the same sequence."""

    def __init__(
        self, images: Sequence[LabelledImage], *, size: int, seed: int, hardness: Weights | None = None
    ) -> None:
        """Sort the images by annotator.

        Args:
            images: to compose from, some of each annotator; of ``tight`` there may be none.
            size: side of the training images, in pixels.
            seed: of everything random.
            hardness: how often each image without a face is drawn; all alike if None. The caller may change the
                array at any time.

        Raises:
            DataError: there are none of one annotator.
        """
        self._size = size
        self._rng = np.random.default_rng(seed)
        hand = [image for image in images if image.annotator == "hand"]
        # Most hand-labelled faces wear masks, and few are in crowds: draw bare ones and crowds more often.
        self._hand = [image for image in hand for _ in range(1 + image.bare + (len(image.boxes) >= CROWD))]
        self._alone = [image for image in hand if len(image.boxes) == 1] or hand
        self._machine, self._tight, self._none = (
            [image for image in images if image.annotator == each] for each in ("machine", "tight", "none")
        )
        self._lookalikes = [(image, box) for image in images for box in image.lookalikes]
        self._cuttings = [cutting for image, box in self._lookalikes for cutting in cut_out(image, box)]
        self._scenes = [image for image in self._none if min(image.pixels.shape[:2]) >= 100] or self._none
        self._hardness = hardness
        if not (self._hand and self._machine and self._none):
            raise DataError("Images of all three annotators are needed: hand, machine and none.")

    def draw(self) -> Sample:
        """Return the next image."""
        faces = (self._crop, self._natural, self._mosaic, self._tiling, self._paste, self._close_up)
        ways = (*faces, self._lookalike, self._empty)
        way = self._rng.choice(len(ways), p=(0.17, 0.18, 0.16, 0.13, 0.21, 0.03, 0.05, 0.07))
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
        return self._around(image, image.boxes[self._rng.integers(len(image.boxes))], width, height)

    def _lookalike(self, width: int, height: int) -> Sample:
        """Do the same with what looks like a face in a photo: hands, letters, lamps."""
        if not self._lookalikes:
            return self._empty(width, height)
        return self._around(*self._lookalikes[int(self._rng.integers(len(self._lookalikes)))], width, height)

    def _around(self, image: LabelledImage, box: Floats, width: int, height: int) -> Sample:
        """Take what is in ``box``, bring it to a random size and put it anywhere."""
        x1, y1, x2, y2 = box
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
        way = self._rng.random()
        if way < 0.35:
            return plain(width, height, self._rng) if way < 0.08 else without_face(clutter(width, height, self._rng))
        image = self._hard() if way < 0.7 else self._one(self._scenes)
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
        return _joined(pixels, tiles)

    def _tiling(self, width: int, height: int) -> Sample:
        """Lay portraits out in a grid, as collages, contact sheets and video calls do: many people, one scale."""
        cell = int(math.exp(self._rng.uniform(math.log(0.17 * width), math.log(0.7 * width))))
        wide, tall = cell, max(int(cell * self._rng.uniform(0.7, 1.3)), 8)
        gap = int(self._rng.integers(1, 9)) if self._rng.random() < 0.4 else 0
        share = self._rng.uniform(0.25, 0.95)
        stock = (self._alone, self._machine, self._tight or self._machine)[self._rng.choice(3, p=(0.6, 0.2, 0.2))]
        one = self._cell(stock, wide, tall, share) if self._rng.random() < 0.35 else None
        pixels = plain(width, height, self._rng).pixels
        tiles = []
        start_x, start_y = (-int(self._rng.uniform(0, 0.5) * side) for side in (wide, tall))
        for x in range(start_x, width, wide + gap):
            for y in range(start_y, height, tall + gap):
                way = self._rng.random()
                if way < 0.08:
                    continue
                tile = one or (self._empty(wide, tall) if way < 0.2 else self._cell(stock, wide, tall, share))
                x1, y1, x2, y2 = max(x, 0), max(y, 0), min(x + wide, width), min(y + tall, height)
                pixels[y1:y2, x1:x2] = tile.pixels[y1 - y : y2 - y, x1 - x : x2 - x]
                tiles.append(shift(tile, x, y))
        return cut(_joined(pixels, tiles))

    def _cell(self, stock: Sequence[LabelledImage], wide: int, tall: int, share: float) -> Sample:
        """Cut one portrait so that its face takes about ``share`` of the cell's shorter side."""
        image = self._one(stock)
        if not len(image.boxes):
            return self._empty(wide, tall)
        x1, y1, x2, y2 = image.boxes[0]
        scale = share * math.exp(self._rng.normal(0, 0.12)) * min(wide, tall) / max(x2 - x1, y2 - y1)
        place = self._rng.uniform(0.4, 0.6, 2) * (wide, tall)
        return self._warp(image, scale, ((x1 + x2) / 2, (y1 + y2) / 2), place, (wide, tall))

    def _paste(self, width: int, height: int) -> Sample:
        """Paste bare faces into a scene, and things that are no faces in the same manner."""
        way = self._rng.random()
        if way < 0.12:
            scene = plain(width, height, self._rng)
        else:
            scene = self._empty(width, height) if way < 0.6 else self._natural(width, height)
        things = [self._hard() for _ in range(3)] + [self._one(self._cuttings or self._none)]
        stock = (self._machine, self._tight or self._machine, things)
        return paste(scene, stock, (0.27, 0.41, 0.32), PASTED, self._rng)

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
        return warp(image, random_placement(scale, centre, place.tolist(), most=28, rng=self._rng), *window, fill)

    def _face_size(self) -> float:
        return math.exp(self._rng.uniform(math.log(FACES[0]), math.log(FACES[1])))

    def _one(self, images: Sequence[LabelledImage]) -> LabelledImage:
        return images[int(self._rng.integers(len(images)))]

    def _hard(self) -> LabelledImage:
        """Draw an image without a face, more often one in which the network found something."""
        if self._hardness is None:
            return self._one(self._none)
        sums = np.cumsum(self._hardness)
        return self._none[min(int(np.searchsorted(sums, self._rng.random() * sums[-1])), len(self._none) - 1)]


def _joined(pixels: npt.NDArray[np.uint8], tiles: Sequence[Sample]) -> Sample:
    if not tiles:
        none = np.empty((0, 4), np.float32)
        return Sample(pixels, none, np.empty((0, 5, 2), np.float32), none)
    return Sample(pixels, *(np.concatenate(parts) for parts in list(zip(*tiles, strict=True))[1:]))
