"""A folder of images, shown one after the other by name, over and over."""

import logging
import time
from pathlib import Path

import cv2

from capture.pacing import Clock
from capture.source import SETTING, CapturedImage
from contracts.errors import ConfigurationError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})

logger = logging.getLogger(__name__)


class ImageFolder:
    """The images that lie in the folder when it is opened; those that cannot be read are passed over."""

    def __init__(self, folder: Path, *, clock: Clock = time.time) -> None:
        """List the folder; `clock` gives seconds since 1970."""
        self.name = f"The folder {folder.name}"
        self._folder = folder
        self._clock = clock
        self._paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
        self._next = 0

    def read(self) -> CapturedImage:
        """The next image.

        Raises:
            ConfigurationError: there is no image that can be read.
        """
        while self._paths:
            self._next %= len(self._paths)
            image = cv2.imread(str(self._paths[self._next]))
            if image is not None:
                self._next += 1
                return CapturedImage(image, self._clock())
            logger.warning("%s is not an image that can be read; left out.", self._paths.pop(self._next))
        raise ConfigurationError(
            f"{SETTING}={self._folder}: no image in this folder can be read. "
            f"It has to hold files that end in {', '.join(sorted(SUFFIXES))}.",
            field=SETTING,
        )

    def close(self) -> None:
        """Nothing is held open."""
