"""Finds out in which form FER2013 was given, and reads it."""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np

from training.shared.errors import DataError
from training.shared.fer2013.csvfile import read_csv
from training.shared.fer2013.dataset import Fer2013, Split
from training.shared.fer2013.folders import read_folder, read_zip
from training.shared.fer2013.votes import join_votes, read_votes

VOTES_FILE: Final = "fer2013new.csv"
"""What FER+ calls its file; found by itself beside ``fer2013.csv``, in the folder, or in the zip file."""


def read_fer2013(path: Path, votes: Path | None = None) -> Fer2013:
    """Read FER2013.

    Args:
        path: a folder of label folders, the same as a zip file, or ``fer2013.csv``.
        votes: FER+ votes, which are joined by image name; by default ``fer2013new.csv`` lying with the data. Without
            either, ``Split.votes`` is ``None``.

    Raises:
        DataError: the data is missing, incomplete or damaged.
    """
    if not path.exists():
        raise DataError(f"There is no data set at {path}.")
    if path.is_dir():
        table = path / "fer2013.csv"
        data = read_csv(table) if table.is_file() else read_folder(path)
    elif zipfile.is_zipfile(path):
        data = read_zip(path)
    elif path.suffix.lower() == ".csv":
        data = read_csv(path)
    else:
        raise DataError(f"{path} is none of a folder, a zip file and fer2013.csv.")
    found = _find_votes(path, votes)
    return data if found is None else _with_votes(data, found)


def _find_votes(path: Path, votes: Path | None) -> dict[str, np.ndarray] | None:
    if votes is not None:
        if not votes.is_file():
            raise DataError(f"There are no FER+ votes at {votes}.")
        return _read_votes_file(votes)
    if path.is_file() and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            inside = [name for name in archive.namelist() if PurePosixPath(name).name == VOTES_FILE]
            if not inside:
                return None
            text = io.StringIO(archive.read(inside[0]).decode("utf-8"))
            return read_votes(text, f"{path}:{inside[0]}")
    folder = path if path.is_dir() else path.parent
    candidates = [folder / VOTES_FILE, *sorted(folder.glob(f"*/{VOTES_FILE}"))]
    return next((_read_votes_file(file) for file in candidates if file.is_file()), None)


def _read_votes_file(path: Path) -> dict[str, np.ndarray]:
    with path.open(newline="", encoding="utf-8") as file:
        return read_votes(file, str(path))


def _with_votes(data: Fer2013, votes: Mapping[str, np.ndarray]) -> Fer2013:
    def joined(split: Split) -> Split:
        return replace(split, votes=join_votes(split.names, votes))

    private = None if data.private_test is None else joined(data.private_test)
    return Fer2013(joined(data.train), joined(data.public_test), private)
