"""Reads a network and its card, and refuses a file that is not the one the card describes."""

import hashlib
from pathlib import Path
from typing import Final, TypeVar, get_args

from pydantic import ValidationError

from contracts.errors import InvalidWeights
from models.weights.card import Card, WeightFile

WEIGHTS: Final = Path(__file__).parent
"""The folder of the shipped networks."""

AnyCard = TypeVar("AnyCard", bound=Card)


def available(task: str, folder: Path = WEIGHTS) -> tuple[str, ...]:
    """Names of the networks in ``folder`` for ``task`` ("emotion" or "detection"), sorted."""
    cards = (read_card(path, Card, strict=False) for path in sorted(folder.glob("*.json")))
    return tuple(card.name for card in cards if card.task == task)


def load_weights(
    name: str, kind: type[AnyCard], folder: Path = WEIGHTS, *, variant: str | None = None
) -> tuple[bytes, AnyCard]:
    """Read a network and its card.

    Args:
        name: of the network, or the path of its card, which ends in ``.json``.
        kind: of the card.
        folder: where networks lie.
        variant: one of the card's other forms of the network.

    Returns:
        The bytes of the file, and the card.

    Raises:
        InvalidWeights: names the file of a network that is missing, whose card does not read as ``kind``, or whose
            bytes have another SHA-256 than the card says.
    """
    path = Path(name) if name.endswith(".json") else folder / f"{name}.json"
    if not path.is_file():
        raise InvalidWeights(_missing(name, path, kind))
    card = read_card(path, kind)
    chosen: WeightFile = card
    if variant is not None:
        if variant not in card.variants:
            raise InvalidWeights(f"The network {card.name} is not there in the form {variant!r}.")
        chosen = card.variants[variant]
    return read_checked(path.with_name(chosen.file), chosen), card


def read_checked(file: Path, expected: WeightFile) -> bytes:
    """Read a file of weights.

    Raises:
        InvalidWeights: names the file that is missing or not what is ``expected``.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InvalidWeights(f"The weight file {file} cannot be read: {error.strerror}.") from error
    found = hashlib.sha256(content).hexdigest()
    if found != expected.sha256:
        raise InvalidWeights(
            f"The weight file {file} is damaged or not the one its card describes: "
            f"its SHA-256 is {found}, the card says {expected.sha256}."
        )
    return content


def _missing(name: str, path: Path, kind: type[Card]) -> str:
    tasks = get_args(kind.model_fields["task"].annotation)
    known = [each for task in tasks for each in available(task, path.parent)]
    choice = f" Choose one of {', '.join(known)}." if known else ""
    return f"There is no network named {name!r}: {path} does not exist.{choice}"


def read_card(path: Path, kind: type[AnyCard], *, strict: bool = True) -> AnyCard:
    """Read a card; not ``strict``: fields that ``kind`` does not know are passed over.

    Raises:
        InvalidWeights: it cannot be read, or does not read as ``kind``.
    """
    try:
        return kind.model_validate_json(path.read_bytes(), extra="forbid" if strict else "ignore")
    except OSError as error:
        raise InvalidWeights(f"The card {path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidWeights(f"The card {path} does not read: {where or 'content'}: {first['msg']}.") from error
