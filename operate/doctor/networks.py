"""The files of networks."""

from collections.abc import Iterator
from pathlib import Path

from contracts.errors import InvalidWeights
from models.weights.card import Card
from models.weights.store import WEIGHTS, read_card, read_checked
from operate.doctor.finding import Finding, or_ok, problem


def check_weights(folder: Path = WEIGHTS) -> Iterator[Finding]:
    """Whether each file of a network is the one that its card describes."""
    findings, files = list[Finding](), 0
    for path in sorted(folder.glob("*.json")):
        try:
            card = read_card(path, Card, strict=False)
            for file in (card, *card.variants.values()):
                files += 1
                read_checked(path.with_name(file.file), file)
        except InvalidWeights as error:
            findings.append(problem("weights", str(error), "Install this version of Mien anew."))
    if not files and not findings:
        return
    yield from or_ok("weights", findings, f"{files} files of networks are those that their cards describe.")
