"""The plan of networks: which emotion networks answer, which share of the work each has, and which one is only tried.

``MIEN_MODEL`` is a worker's plan until one is set for all of them (`contracts.storage.networks`).
"""

import hashlib
import math
import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from contracts.results import Message

MAX_NETWORKS: Final = 4
"""In one plan, that in the shadow included: each takes memory in every worker."""
MAX_WEIGHT: Final = 1_000_000
MAX_BOUND_KEYS: Final = 1_000
MAX_PLANS_BEFORE: Final = 10

_WEIGHT: Final = re.compile(r"[0-9]+")
_BITS: Final = 53
"""As many as a float holds exactly."""
_NUMBERS: Final = float(1 << _BITS)

NetworkName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=100)]
Weight = Annotated[int, Field(ge=1, le=MAX_WEIGHT)]


class Shadow(Message):
    """A network that reads some images after another has answered; what it says is only counted."""

    network: NetworkName
    share: float = Field(gt=0, le=1, description="Part of the images.")


class NetworkPlan(Message):
    """Which networks read the expressions."""

    weights: dict[NetworkName, Weight] = Field(
        default_factory=dict, description="Shares of the work; none: each worker's own `MIEN_MODEL`."
    )
    keys: dict[str, NetworkName] = Field(
        default_factory=dict, description="Id of an API key → the network that reads all of its jobs."
    )
    shadow: Shadow | None = None

    @property
    def networks(self) -> frozenset[str]:
        """All that it names."""
        shadow = {self.shadow.network} if self.shadow else set()
        return frozenset(self.weights) | frozenset(self.keys.values()) | shadow

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if len(self.networks) > MAX_NETWORKS:
            raise ValueError(f"a plan has at most {MAX_NETWORKS} networks, not {len(self.networks)}")
        if len(self.keys) > MAX_BOUND_KEYS:
            raise ValueError(f"a plan binds at most {MAX_BOUND_KEYS} keys, not {len(self.keys)}")
        return self


class NetworkRecord(Message):
    """The plan in force, and where it comes from."""

    version: int = 1
    epoch: int = Field(0, ge=0, description="Milliseconds since 1970: of each change its own; 0: none was made.")
    plan: NetworkPlan = NetworkPlan()
    set_at: float = Field(0.0, description="Seconds since 1970.")
    set_by: str = ""
    change: str = Field("", description="What was done, as `promote mien-3`.")
    before: list[NetworkPlan] = Field(default_factory=list, description="Plans that were in force, the newest last.")

    @property
    def source(self) -> Literal["set", "MIEN_MODEL"]:
        """Who says which networks answer: whoever has set a plan, or the setting of each worker."""
        return "set" if self.plan.weights else "MIEN_MODEL"


def parse_weights(text: str) -> dict[str, int]:
    """Read ``mien-3:90,mien-2:10``, or one name alone.

    Args:
        text: names, or paths of cards, with their weights.

    Returns:
        Name → weight, in the order of the text; empty for an empty text.

    Raises:
        ValueError: a sentence says what is wrong.
    """
    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    weights: dict[str, int] = {}
    for part in parts:
        name, weight = _name_and_weight(part, alone=len(parts) == 1)
        if name in weights:
            raise ValueError(f"{name} stands there twice")
        weights[name] = weight
    if len(weights) > MAX_NETWORKS:
        raise ValueError(f"a plan has at most {MAX_NETWORKS} networks, not {len(weights)}")
    return weights


def _name_and_weight(part: str, *, alone: bool) -> tuple[str, int]:
    name, colon, weight = part.rpartition(":")
    if not colon:
        if alone:
            return part, 1
        wanted = f"{part}:90" if part else "mien-3:90,mien-2:10"
        raise ValueError(f"each of several networks needs a weight, as {wanted}")
    if not name:
        raise ValueError(f"a name is missing before :{weight}")
    if not _WEIGHT.fullmatch(weight) or not 1 <= int(weight) <= MAX_WEIGHT:
        raise ValueError(f"the weight of {name} has to be a whole number from 1 to {MAX_WEIGHT}, not {weight!r}")
    return name, int(weight)


def format_weights(weights: Mapping[str, int]) -> str:
    """The text that `parse_weights` reads."""
    return next(iter(weights)) if len(weights) == 1 else ",".join(f"{name}:{n}" for name, n in weights.items())


def assign(weights: Mapping[str, int], identity: str) -> str:
    """The network that reads what has this identity: of all that there is, each network gets its share.

    Weighted rendezvous hashing: each network draws an exponentially distributed lot whose rate is its weight, from a
    hash of identity and name, and the smallest wins. So every worker comes to the same answer by itself, and where
    weights change, only as many identities change their network as have to (Schindelhauer and Schomaker, *Weighted
    Distributed Hash Tables*, SPAA 2005).

    Args:
        weights: by name; at least one.
        identity: a job's id, or a camera's name.
    """
    return min(weights, key=lambda name: -math.log(_uniform(f"{identity} {name}")) / weights[name])


def is_drawn(identity: str, share: float) -> bool:
    """Whether this identity belongs to this share of all, the same each time it is asked."""
    return _uniform(f"{identity} shadow") <= share


def _uniform(text: str) -> float:
    """A number above 0 and up to 1 that follows from the text."""
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> (64 - _BITS)
    return (number + 1) / _NUMBERS
