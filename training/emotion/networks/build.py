"""Networks by name."""

from typing import Any, Final, Literal

from training.emotion.networks.classic import build_classic
from training.emotion.networks.mien import build_mien

NetworkName = Literal["classic", "mien"]

INPUT_SCALE: Final[dict[NetworkName, float]] = {"classic": 1 / 255, "mien": 1.0}
"""What grey values 0..255 are multiplied with before they enter the network."""


def build_network(
    name: NetworkName, *, dropout: float | None = None, inner: float = 1.0, blur: bool = False, votes: bool = False
) -> Any:
    """Build an untrained Keras model whose layer ``logits`` holds the values before the softmax.

    Args:
        name: of the network.
        dropout: before the last layer; by default what suits the network.
        inner: width within a block, part of its own; ``mien`` only, as are the others.
        blur: average neighbours before each halving.
        votes: with a second output, of FER+'s votes, from the layer ``votes_logits``.
    """
    if name == "classic":
        return build_classic(0.5 if dropout is None else dropout)
    return build_mien(dropout=0.3 if dropout is None else dropout, inner=inner, blur=blur, votes=votes)
