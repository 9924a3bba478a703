"""The arguments of a training run."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """Arguments of a training run; they go into the card."""

    steps: int = 9000
    minutes: float | None = None
    """Ends earlier, with the rate already down, when this much time will not do for all steps."""
    batch: int = 32
    size: int = 256
    """Side of the training pictures in pixels."""
    rate: float = 2e-3
    weight_decay: float = 0.02
    warm_up: int = 300
    averaging: float = 0.998
    """Momentum of the averaged weights, which are the ones kept."""
    seed: int = 0
    threads: int = 1
    """Threads that draw pictures."""
    check_every: int = 1000
    """Steps between two measurements on the validation pictures."""
