"""What exporting a network takes, whatever the network is for: a quiet conversion, files of weights, a card."""

import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Final

from models.weights import Card, WeightFile

LICENCE: Final = "Apache-2.0 for the weights; the terms of the data it learned from are listed under data"


@contextmanager
def quiet_conversion() -> Iterator[None]:
    """Keep TensorFlow's converter from printing, and from announcing that its own interpreter will go."""
    with redirect_stdout(StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def write_weights(folder: Path, file: str, content: bytes) -> WeightFile:
    """Write a file of weights.

    Returns:
        What its card says of it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file).write_bytes(content)
    return WeightFile(file=file, sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content))


def write_card(folder: Path, card: Card) -> None:
    """Write a card beside its files."""
    (folder / f"{card.name}.json").write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
