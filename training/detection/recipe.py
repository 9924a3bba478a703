"""The arguments of a training run."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Recipe:
    """Arguments of a training run; they go into the card. ``HELP`` says what each means."""

    steps: int = 40_000
    cooling: int = 3000
    batch: int = 16
    size: int = 256
    rate: float = 2e-3
    weight_decay: float = 0.02
    warm_up: int = 500
    averaging: float = 0.999
    seed: int = 0
    threads: int = 1
    save_every: int = 250
    check_every: int = 2000


HELP: Final = {
    "steps": "batches to learn from",
    "cooling": "last steps, over which the rate falls to nothing; until then it stays, so a run can be made longer",
    "batch": "pictures a step",
    "size": "side of the training pictures in pixels",
    "rate": "highest learning rate of AdamW",
    "weight_decay": "of AdamW, for kernels",
    "warm_up": "steps until the rate is at its highest",
    "averaging": "momentum of the averaged weights, which are the ones kept",
    "seed": "of everything random",
    "threads": "threads that draw pictures",
    "save_every": "steps after which a stopped run goes on",
    "check_every": "steps between two measurements on the validation pictures and two looks for hard negatives",
}
