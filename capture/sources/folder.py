"""A folder of images, shown one after the other by name, over and over or once."""

import logging
import time
from pathlib import Path
from typing import cast

import cv2

from capture.errors import SourceEnded, SourceLost
from capture.pacing import Clock
from capture.source import BgrImage, CapturedImage
from contracts.errors import ConfigurationError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})

logger = logging.getLogger(__name__)


class ImageFolder:
    """The images that lie in the folder when it is opened; those that cannot be read are passed over."""

    def __init__(self, folder: Path, *, once: bool = False, clock: Clock = time.time) -> None:
        """List the folder and read its first image.

        Args:
            folder: with images in it.
            once: end after the last one.
            clock: gives seconds since 1970.

        Raises:
            ConfigurationError: there is no image that can be read.
        """
        self.name = f"The folder {folder.name}"
        self._once = once
        self._clock = clock
        self._paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
        self._next = 0
        self._first = self._next_image()
        if self._first is None:
            raise ConfigurationError(
                f"no image in this folder can be read. It has to hold files that end in {', '.join(sorted(SUFFIXES))}."
            )

    def read(self) -> CapturedImage:
        """The next image.

        Raises:
            SourceLost: no image can be read any more.
            SourceEnded: all have been shown.
        """
        image, self._first = self._first, None
        if image is None:
            if self._once and self._paths and self._next >= len(self._paths):
                raise SourceEnded(f"{self.name} has been shown to its end.")
            image = self._next_image()
        if image is None:
            raise SourceLost(f"{self.name}: no image in it can be read any more.")
        return CapturedImage(image, self._clock())

    def _next_image(self) -> BgrImage | None:
        """The next one that can be read; None if there is none."""
        while self._paths:
            self._next %= len(self._paths)
            image = cv2.imread(str(self._paths[self._next]))
            if image is not None:
                self._next += 1
                return cast(BgrImage, image)
            logger.warning("%s is not an image that can be read; left out.", self._paths.pop(self._next))
        return None

    def close(self) -> None:
        """Nothing is held open."""
