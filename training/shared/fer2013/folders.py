"""FER2013 as ``train/<label>/*.png`` and ``test/<label>/*.png``, on disk or in a zip file."""

import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import Final, Literal

import cv2
import numpy as np

from contracts.emotions import EMOTIONS
from training.shared.errors import DataError
from training.shared.fer2013.dataset import SIDE, Fer2013, Split

Part = Literal["train", "public_test", "private_test"]

PARTS: Final[dict[str, Part]] = {
    "train": "train",
    "training": "train",
    "test": "public_test",
    "publictest": "public_test",
    "validation": "public_test",
    "privatetest": "private_test",
}
"""Names of the folders of each part, in lower case; Kaggle's ``test`` is the public test."""

_SYNONYMS: Final = {
    "anger": "angry",
    "fearful": "fear",
    "happiness": "happy",
    "sadness": "sad",
    "surprised": "surprise",
}
_LABELS: Final = {emotion.lower(): index for index, emotion in enumerate(EMOTIONS)}
_SUFFIXES: Final = frozenset({".png", ".jpg", ".jpeg"})
_SHOWN: Final = 5


def read_folder(folder: Path) -> Fer2013:
    """Read the images below ``folder``.

    Raises:
        DataError: label folders are missing, or images cannot be read.
    """
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES)
    return _read(
        [PurePosixPath(path.relative_to(folder)) for path in files],
        lambda name: (folder / name).read_bytes(),
        str(folder),
    )


def read_zip(path: Path) -> Fer2013:
    """Read the images in a zip file without unpacking it.

    Raises:
        DataError: label folders are missing, or images cannot be read.
    """
    with zipfile.ZipFile(path) as archive:
        names = sorted(PurePosixPath(name) for name in archive.namelist())
        images = [name for name in names if name.suffix.lower() in _SUFFIXES]
        return _read(images, lambda name: archive.read(str(name)), str(path))


def _read(names: Iterable[PurePosixPath], load: Callable[[PurePosixPath], bytes], source: str) -> Fer2013:
    """Sort the images by part and label, from the last two folders of their names, and decode them."""
    found: dict[Part, list[tuple[PurePosixPath, int]]] = {"train": [], "public_test": [], "private_test": []}
    for name in names:
        part, label = _place(name)
        if part is not None and label is not None:
            found[part].append((name, label))
    _check_labels(found, source)
    broken: list[str] = []
    splits = {part: _decode(entries, load, broken) for part, entries in found.items() if entries}
    if broken:
        shown = ", ".join(broken[:_SHOWN]) + (", …" if len(broken) > _SHOWN else "")
        total = sum(map(len, found.values()))
        raise DataError(f"{len(broken)} of {total} images in {source} cannot be read: {shown}.")
    return Fer2013(splits["train"], splits["public_test"], splits.get("private_test"))


def _place(name: PurePosixPath) -> tuple[Part | None, int | None]:
    if len(name.parts) < 3:
        return None, None
    part, label = name.parts[-3].lower(), name.parts[-2].lower()
    return PARTS.get(part), _LABELS.get(_SYNONYMS.get(label, label))


def _check_labels(found: dict[Part, list[tuple[PurePosixPath, int]]], source: str) -> None:
    """Refuse data without train and test folders, or with a label folder missing."""
    for part, folder in (("train", "train"), ("public_test", "test")):
        entries = found[part]  # type: ignore[index]
        missing = [emotion.lower() for i, emotion in enumerate(EMOTIONS) if i not in {y for _, y in entries}]
        if missing:
            raise DataError(f"{source} has no images in {', '.join(f'{folder}/{label}' for label in missing)}.")


def _decode(
    entries: list[tuple[PurePosixPath, int]], load: Callable[[PurePosixPath], bytes], broken: list[str]
) -> Split:
    """Decode images to 48x48 grey; names of unreadable ones are added to ``broken``."""
    images = np.zeros((len(entries), SIDE, SIDE), np.uint8)
    for position, (name, _) in enumerate(entries):
        image = decode_grey(load(name))
        if image is None:
            broken.append(str(name))
        else:
            images[position] = image
    labels = np.array([label for _, label in entries], np.int64)
    return Split(images, labels, tuple(name.name for name, _ in entries))


def decode_grey(content: bytes) -> np.ndarray | None:
    """Decode an image file to uint8 [48, 48]; ``None`` if it is none."""
    if not content:
        return None
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)
    if image is None:
        return None
    if image.shape != (SIDE, SIDE):
        image = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(image)
