"""Which emotion networks lie here, ready to be loaded."""

import logging
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from contracts.emotions import Head
from contracts.errors import InvalidWeights
from models.classification import EmotionCard
from models.runtimes import RuntimeName
from models.weights.store import read_card

logger = logging.getLogger(__name__)


def find_networks(folders: Iterable[Path], runtime: RuntimeName | str, labels: Head) -> dict[str, Path]:
    """The emotion networks that can be asked for, by name; whether their files are sound shows when they are loaded.

    Args:
        folders: where cards lie; of two networks with one name the first is found.
        runtime: what is to execute them: a network needs a file in its form.
        labels: the head that a network has to have.

    Returns:
        Name → path of the card, sorted by name.
    """
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.json")):
            card = _card(path)
            if card and card.name == path.stem and _fits(card, path, runtime, labels):
                found.setdefault(card.name, path)
    return dict(sorted(found.items()))


def _card(path: Path) -> EmotionCard | None:
    """The card, if it is that of an emotion network; read again when the file has changed."""
    try:
        about = path.stat()
    except OSError:
        return None
    return _card_as_of(path, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=256)
def _card_as_of(path: Path, _changed: int, _size: int) -> EmotionCard | None:
    try:
        return read_card(path, EmotionCard)
    except InvalidWeights as error:
        logger.debug("not offered: %s", error)
        return None


def _fits(card: EmotionCard, path: Path, runtime: str, labels: Head) -> bool:
    if labels == "people" and card.votes is None:
        return False
    if runtime != "keras":
        return path.with_name(card.file).is_file()
    return "keras" in card.variants and path.with_name(card.variants["keras"].file).is_file()
