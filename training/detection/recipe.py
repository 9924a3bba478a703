"""Every argument of a training run of the detector, typed."""

from pydantic import Field

from training.shared.recipe import BaseRecipe


class Recipe(BaseRecipe):
    """One training run of the detector; goes into the card."""

    steps: int = Field(default=9000, gt=0, description="Batches to learn from.")
    minutes: float | None = Field(
        default=None, gt=0, description="End earlier, the rate already down, if this does not do for all steps."
    )
    batch: int = Field(default=32, gt=0, description="Images a step.")
    size: int = Field(default=256, gt=0, multiple_of=32, description="Side of the training images, in pixels.")
    rate: float = Field(default=2e-3, gt=0, description="Highest learning rate of AdamW.")
    weight_decay: float = Field(default=0.02, ge=0, description="Of AdamW, for kernels.")
    warm_up: int = Field(default=300, gt=0, description="Steps until the rate is at its highest.")
    averaging: float = Field(
        default=0.998, ge=0, lt=1, description="Momentum of the averaged weights, which are the ones kept."
    )
    seed: int = Field(default=0, ge=0, description="Of everything random.")
    threads: int = Field(default=1, gt=0, description="Threads that draw images.")
    check_every: int = Field(default=1000, gt=0, description="Steps between two measurements on validation images.")
