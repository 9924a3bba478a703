"""The arguments of a training run."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Recipe:
    """Arguments of a training run; they go into the card. ``HELP`` says what each means."""

    steps: int = 9000
    minutes: float | None = None
    batch: int = 32
    size: int = 256
    rate: float = 2e-3
    weight_decay: float = 0.02
    warm_up: int = 300
    averaging: float = 0.998
    seed: int = 0
    threads: int = 1
    check_every: int = 1000


HELP: Final = {
    "steps": "batches to learn from",
    "minutes": "end earlier, the rate already down, if this much time does not do for all steps",
    "batch": "pictures a step",
    "size": "side of the training pictures in pixels",
    "rate": "highest learning rate of AdamW",
    "weight_decay": "of AdamW, for kernels",
    "warm_up": "steps until the rate is at its highest",
    "averaging": "momentum of the averaged weights, which are the ones kept",
    "seed": "of everything random",
    "threads": "threads that draw pictures",
    "check_every": "steps between two measurements on the validation pictures",
}
