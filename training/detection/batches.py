"""Batches for the training, drawn ahead by background threads."""

import queue
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from training.detection.compose import Composer
from training.detection.dataset import LabelledImage
from training.detection.hardness import Weights
from training.detection.sample import Sample

MOST_FACES: Final = 32
"""Faces of one image that have targets; further ones become ignored regions."""
MOST_IGNORED: Final = 16

Floats = npt.NDArray[np.float32]


class Batch(NamedTuple):
    """B training images and their padded truth, as ``losses.GroundTruth`` has it."""

    images: Floats
    """[B, S, S, 3] RGB in 0..1."""
    faces: Floats
    real: Floats
    landmarks: Floats
    ignored: Floats


class Batches:
    """An endless sequence of batches; a context manager, so that its threads end with the training."""

    def __init__(
        self,
        images: Sequence[LabelledImage],
        *,
        size: int,
        batch: int,
        seed: int,
        threads: int = 1,
        ahead: int = 6,
        hardness: Weights | None = None,
    ) -> None:
        """Prepare the threads.

        Args:
            images: to compose batches of.
            size: side of the training images, in pixels.
            batch: training images in a batch.
            seed: of everything random.
            threads: that draw batches.
            ahead: batches that are drawn before they are needed.
            hardness: how often images without a face are drawn, see ``Composer``.
        """
        self._queue: queue.Queue[Batch | Exception] = queue.Queue(ahead)
        self._stop = threading.Event()
        self.threads = [
            threading.Thread(
                target=self._fill,
                args=(Composer(images, size=size, seed=seed + number, hardness=hardness).draw, batch),
                daemon=True,
            )
            for number in range(threads)
        ]

    def __enter__(self) -> Self:
        """Start drawing."""
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop drawing, and wait for the threads."""
        self._stop.set()
        for thread in self.threads:
            thread.join()

    def next(self) -> Batch:
        """Return the next batch, as soon as it is drawn; an error of a thread is raised here."""
        batch = self._queue.get()
        if isinstance(batch, Exception):
            raise batch
        return batch

    def _fill(self, draw: Callable[[], Sample], size: int) -> None:
        while not self._stop.is_set():
            batch: Batch | Exception
            try:
                batch = collate([draw() for _ in range(size)])
            except Exception as error:  # raised where the batch is waited for
                batch = error
            while not self._stop.is_set():
                try:
                    self._queue.put(batch, timeout=0.5)
                    break
                except queue.Full:
                    continue


def collate(samples: Sequence[Sample]) -> Batch:
    """Stack samples; pad their faces and regions."""
    count = len(samples)
    faces = np.zeros((count, MOST_FACES, 4), np.float32)
    real = np.zeros((count, MOST_FACES), np.float32)
    landmarks = np.full((count, MOST_FACES, 10), np.nan, np.float32)
    ignored = np.zeros((count, MOST_IGNORED, 4), np.float32)
    for row, sample in enumerate(samples):
        kept = min(len(sample.boxes), MOST_FACES)
        faces[row, :kept] = sample.boxes[:kept]
        real[row, :kept] = 1
        landmarks[row, :kept] = sample.landmarks[:kept].reshape(-1, 10)
        spared = np.concatenate([sample.boxes[kept:], sample.ignored])[:MOST_IGNORED]
        ignored[row, : len(spared)] = spared
    images = np.stack([sample.pixels[..., ::-1] for sample in samples]).astype(np.float32)
    images /= 255
    return Batch(images, faces, real, landmarks, ignored)
