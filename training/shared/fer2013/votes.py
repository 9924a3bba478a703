"""FER+: what ten people each saw in the images of FER2013.

Barsoum et al., "Training Deep Networks for Facial Expression Recognition with Crowd-Sourced Label
Distribution", 2016.
"""

import csv
from collections.abc import Mapping
from typing import IO, Final

import numpy as np

from contracts.emotions import VOTED
from training.shared.errors import DataError

CHOICES: Final = (*VOTED, "unknown", "NF")
"""What a voter could choose; NF: no face."""


def read_votes(file: IO[str], source: str) -> dict[str, np.ndarray]:
    """Read ``fer2013new.csv``: float32 [10] by image name.

    Raises:
        DataError: columns are missing.
    """
    rows = csv.DictReader(file)
    missing = {"Image name", *CHOICES} - set(rows.fieldnames or ())
    if missing:
        raise DataError(f"{source} holds no FER+ votes: the columns {', '.join(sorted(missing))} are missing.")
    return {
        row["Image name"]: np.array([float(row[choice]) for choice in CHOICES], np.float32)
        for row in rows
        if row["Image name"]
    }


def join_votes(names: tuple[str, ...], votes: Mapping[str, np.ndarray]) -> np.ndarray:
    """Votes of the images called ``names``: float32 [N, 10]; a row of 0 where there are none."""
    no_votes = np.zeros(len(CHOICES), np.float32)
    return np.stack([votes.get(name, no_votes) for name in names])
