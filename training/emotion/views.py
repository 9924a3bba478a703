"""Views: changed copies of the training images, answered by teachers that have never seen these images.

A student learns most when it sees the very view that its teacher answered, for long (Beyer et al., "Knowledge
Distillation: A Good Teacher Is Patient and Consistent", 2021). Answers of a network to images that it was trained on
say what it remembers; so each image is answered by the teachers that were trained without it (Dao et al., "Knowledge
Distillation as Semiparametric Inference", 2021). A view is drawn from its number, so only the answers are stored.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from training.emotion.augment import Changes, change, draw_changes
from training.emotion.recipe import Augmentation
from training.shared.run_folder import RunFolder

Teacher = Callable[[np.ndarray], np.ndarray]
"""float32 [N, 48, 48] in 0..255 → probabilities [N, 7], followed by those of voters, [N, 15], if it gives them."""

_STREAM: Final = 0x7669657773
"""Keeps the random numbers of views apart from those of batches."""
_PART: Final = 2048


class Views:
    """Numbered views of N images, and the teachers' answers to them, in a folder; each file is whole or missing."""

    def __init__(self, folder: Path, images: np.ndarray, how: Augmentation, count: int, seed: int) -> None:
        """Describe the views.

        Args:
            folder: of the answers.
            images: training images, uint8 [N, 48, 48].
            how: far a view may be from its image.
            count: of the views of each image.
            seed: of what is random in them.
        """
        self.count = count
        self._folder, self._images, self._how, self._seed = RunFolder(folder), images, how, seed
        self._mean: np.ndarray | None = None

    def changes(self, number: int) -> Changes:
        """What makes the view ``number`` of every image."""
        return draw_changes(len(self._images), self._how, np.random.default_rng([self._seed, _STREAM, number]))

    def missing(self) -> list[int]:
        """Numbers of the views that have no answers yet."""
        return [number for number in range(self.count) if not (self._folder.path / _file(number)).exists()]

    def answers(self, number: int) -> np.ndarray:
        """Answers to the view ``number``: float16 [N, 7] or [N, 15], probabilities.

        Raises:
            FileNotFoundError: it was not answered yet.
        """
        with np.load(self._folder.path / _file(number)) as file:
            return np.asarray(file["answers"])

    def target(self, number: int, own: float) -> np.ndarray:
        """Answers to the view ``number``, mixed with the mean of the answers to all views: float32 [N, 7] or [N, 15].

        The mean is right more often, and it is the same for all views of an image; the answer to a view itself knows
        what the view hides.

        Args:
            number: of the view.
            own: share of the answer to the view itself.
        """
        if self._mean is None:
            self._mean = np.asarray(sum(self.answers(each).astype(np.float32) for each in range(self.count)))
            self._mean /= self.count
        return np.asarray(own * self.answers(number).astype(np.float32) + (1 - own) * self._mean, np.float32)

    def answer(self, number: int, teachers: Sequence[Teacher], left_out: np.ndarray) -> None:
        """Let teachers answer the view ``number``, and store what they say.

        Args:
            number: of the view.
            teachers: teacher i was trained without the images whose ``left_out`` is i.
            left_out: [N], by which teacher an image is answered.
        """
        changes = self.changes(number)
        answers = None
        for index, teacher in enumerate(teachers):
            for chosen in _parts(np.flatnonzero(left_out == index)):
                said = _answer(teacher, change(self._images[chosen], changes.take(chosen)))
                if answers is None:
                    answers = np.zeros((len(self._images), said.shape[1]), np.float16)
                answers[chosen] = said
        if answers is not None:
            self._folder.path.mkdir(parents=True, exist_ok=True)
            self._folder.write_arrays(_file(number), {"answers": answers})


def _answer(teacher: Teacher, images: np.ndarray) -> np.ndarray:
    """Mean of what ``teacher`` says of images and of their mirrors."""
    both = np.concatenate([images, images[:, :, ::-1]])
    return np.asarray(teacher(both).reshape(2, len(images), -1).mean(0))


def _parts(indices: np.ndarray) -> list[np.ndarray]:
    return [indices[start : start + _PART] for start in range(0, len(indices), _PART)]


def _file(number: int) -> str:
    return f"{number:03d}.npz"
