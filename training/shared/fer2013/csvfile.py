"""FER2013 as Kaggle's ``fer2013.csv``: one row an image, with the columns emotion, pixels and Usage."""

import csv
from pathlib import Path
from typing import Final

import numpy as np

from contracts.emotions import EMOTIONS
from training.shared.errors import DataError
from training.shared.fer2013.dataset import SIDE, Fer2013, Split
from training.shared.fer2013.folders import PARTS, Part


class _Rows:
    """Rows of one part, collected."""

    def __init__(self) -> None:
        self.images: list[np.ndarray] = []
        self.labels: list[int] = []
        self.names: list[str] = []

    def split(self) -> Split:
        return Split(np.stack(self.images), np.array(self.labels, np.int64), tuple(self.names))


_COLUMNS: Final = {"emotion", "pixels", "Usage"}


def read_csv(path: Path) -> Fer2013:
    """Read ``fer2013.csv``.

    Raises:
        DataError: naming the line, for a row that is no labelled image.
    """
    parts: dict[Part, _Rows] = {}
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        missing = _COLUMNS - set(rows.fieldnames or ())
        if missing:
            raise DataError(f"{path} is not fer2013.csv: the columns {', '.join(sorted(missing))} are missing.")
        for number, row in enumerate(rows):
            part = PARTS.get(row["Usage"].lower())
            if part is None:
                raise DataError(f"{path}, line {number + 2}: unknown Usage {row['Usage']!r}.")
            rows_of_part = parts.setdefault(part, _Rows())
            rows_of_part.images.append(_pixels(row["pixels"], f"{path}, line {number + 2}"))
            rows_of_part.labels.append(_label(row["emotion"], f"{path}, line {number + 2}"))
            rows_of_part.names.append(f"fer{number:07d}.png")
    if "train" not in parts or "public_test" not in parts:
        raise DataError(f"{path} has an empty split: it needs rows with Usage Training and PublicTest.")
    private = parts.get("private_test")
    return Fer2013(parts["train"].split(), parts["public_test"].split(), private.split() if private else None)


def _pixels(text: str, where: str) -> np.ndarray:
    try:
        values = np.array(text.split(), dtype=np.int64)
    except ValueError as error:
        raise DataError(f"{where}: the pixels are not numbers.") from error
    if values.size != SIDE * SIDE or values.min() < 0 or values.max() > 255:
        raise DataError(f"{where}: {SIDE * SIDE} pixels from 0 to 255 were expected.")
    return values.astype(np.uint8).reshape(SIDE, SIDE)


def _label(text: str, where: str) -> int:
    if not text.isdigit() or int(text) >= len(EMOTIONS):
        raise DataError(f"{where}: {text!r} is not a label from 0 to {len(EMOTIONS) - 1}.")
    return int(text)
