"""Every argument of a training run of the detector, typed."""

from pydantic import Field

from training.shared.recipe import BaseRecipe


class Recipe(BaseRecipe):
    """One training run of the detector; goes into the card."""

    steps: int = Field(default=40_000, gt=0, description="Batches to learn from.")
    cooling: int = Field(
        default=3000,
        ge=0,
        description="Last steps, over which the rate falls to nothing; a run can be made longer before.",
    )
    batch: int = Field(default=16, gt=0, description="Images a step.")
    size: int = Field(default=256, gt=0, multiple_of=32, description="Side of the training images, in pixels.")
    rate: float = Field(default=2e-3, gt=0, description="Highest learning rate of AdamW.")
    weight_decay: float = Field(default=0.02, ge=0, description="Of AdamW, for kernels.")
    warm_up: int = Field(default=500, gt=0, description="Steps until the rate is at its highest.")
    averaging: float = Field(
        default=0.999, ge=0, lt=1, description="Momentum of the averaged weights, which are the ones kept."
    )
    seed: int = Field(default=0, ge=0, description="Of everything random.")
    threads: int = Field(default=1, gt=0, description="Threads that draw images.")
    save_every: int = Field(default=250, gt=0, description="Steps after which a stopped run goes on.")
    check_every: int = Field(
        default=2000,
        gt=0,
        description="Steps between two measurements, on validation images and of how hard images without a face are.",
    )
