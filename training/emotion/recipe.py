"""Every argument of a training run, typed, with the recipes of the shipped networks."""

from typing import Final, Literal, Self

from pydantic import Field, model_validator

from training.shared.recipe import BaseRecipe

NetworkName = Literal["classic", "mien"]


class Augmentation(BaseRecipe):
    """How far a training image may be changed; every amount is the end of a range around "unchanged"."""

    flip: bool = Field(default=True, description="Mirror every second image.")
    rotation: float = Field(default=10.0, ge=0, le=45, description="Degrees, both ways.")
    zoom: float = Field(default=0.1, ge=0, lt=1, description="Part of the size, in and out.")
    stretch: float = Field(default=0.0, ge=0, lt=1, description="How far width and height may differ in zoom.")
    shift: float = Field(default=0.0, ge=0, lt=0.5, description="Part of the side, in each direction.")
    brightness: float = Field(default=0.0, ge=0, lt=1, description="Part of the range 0..255, both ways.")
    contrast: float = Field(default=0.0, ge=0, lt=1, description="Part of the distance to the mean, both ways.")
    erase: float = Field(default=0.0, ge=0, le=1, description="Chance that a rectangle is painted over.")
    erase_side: float = Field(default=0.5, gt=0, le=1, description="Longest side of that rectangle, part of 48.")
    coarse: float = Field(default=0.0, ge=0, le=1, description="Chance of half the resolution.")


class Recipe(BaseRecipe):
    """One training run. The same recipe, data and commit give the same network within 0.3 points."""

    network: NetworkName = Field(description="Which network is trained.")
    epochs: int = Field(gt=0, description="How often to go through the data.")
    batch: int = Field(default=128, gt=0, description="Images a step.")
    optimizer: Literal["adam", "sgd"] = Field(default="sgd", description="adam, or sgd with Nesterov momentum.")
    learning_rate: float = Field(gt=0, description="At its highest.")
    schedule: Literal["constant", "cosine"] = Field(default="cosine", description="Of the learning rate.")
    warmup_epochs: float = Field(default=0.0, ge=0, description="Epochs in which the learning rate rises.")
    weight_decay: float = Field(default=0.0, ge=0, description="Decoupled; spares biases and normalisations.")
    dropout: float = Field(default=0.5, ge=0, lt=1, description="Before the last layer.")
    inner: float = Field(default=1.0, gt=0, le=1, description="Width within a block, part of its own; mien only.")
    blur: bool = Field(default=False, description="Average neighbours before each halving; mien only.")
    votes_head: float = Field(
        default=0.0, ge=0, description="Weight of a second output's loss, that of FER+ votes; 0: no such output."
    )
    sparse: bool = Field(default=False, description="Weights that begin as 0 stay 0.")
    label_smoothing: float = Field(
        default=0.0, ge=0, lt=1, description="Part of the target that is spread over all labels."
    )
    votes_weight: float = Field(default=0.0, ge=0, le=1, description="Part of the target that FER+ votes decide.")
    teacher_weight: float = Field(default=0.0, ge=0, le=1, description="Part of the target that teachers decide.")
    own_view: float = Field(
        default=0.5, ge=0, le=1, description="Share of the answer to a view in what teachers say; rest: to all views."
    )
    plain_epochs: int = Field(
        default=0, ge=0, description="Last epochs, in which a student sees images as they are, at the answers to all."
    )
    mixup: float = Field(default=0.0, ge=0, description="Parameter of the beta distribution; 0: none.")
    consistency: float = Field(
        default=0.0,
        ge=0,
        description="Weight of the difference between the answers to two looks at an image; 0: each is seen once.",
    )
    class_balance: float = Field(
        default=0.0, ge=0, le=1, description="How far rare labels are shown more often; 1: all labels equally often."
    )
    average_decay: float = Field(default=0.0, ge=0, lt=1, description="Of the running mean of weights; 0: none.")
    keep: Literal["best", "last"] = Field(
        default="best", description="The network of the epoch with the best validation accuracy, or the last."
    )
    folds: int = Field(default=1, ge=1, description="Parts of the training images, of which one is left out; 1: none.")
    fold: int = Field(default=0, ge=0, description="Which part is left out, from 0.")
    validation: float = Field(default=0.05, gt=0, lt=0.5, description="Part of the training images held out.")
    patience: int = Field(default=0, ge=0, description="Epochs without improvement before stopping; 0: never stop.")
    precision: Literal["float32", "mixed_bfloat16"] = Field(default="float32", description="Of the computation.")
    seed: int = Field(default=1, ge=0, description="Of everything random.")
    augmentation: Augmentation = Field(default=Augmentation(), description="Random changes to training images.")

    @model_validator(mode="after")
    def _looks_make_pairs(self) -> Self:
        if self.consistency and (self.mixup or self.batch % 2):
            raise ValueError("consistency needs an even batch and mixup=0, which would tear its pairs apart")
        return self

    @property
    def images_a_step(self) -> int:
        """How many different images a batch shows."""
        return self.batch // 2 if self.consistency else self.batch


CLASSIC: Final = Recipe(
    network="classic",
    epochs=10,
    batch=32,
    optimizer="adam",
    learning_rate=1e-3,
    schedule="cosine",
    dropout=0.1,
    average_decay=0.999,
    augmentation=Augmentation(flip=True, rotation=6.0, zoom=0.06),
)
"""What the tutorials do, with a running mean of the weights; on two cores in some three minutes."""

MIEN: Final = Recipe(
    network="mien",
    epochs=90,
    batch=128,
    optimizer="sgd",
    learning_rate=0.1,
    warmup_epochs=2,
    weight_decay=3e-3,
    dropout=0.2,
    label_smoothing=0.05,
    votes_weight=0.25,
    class_balance=0.25,
    average_decay=0.999,
    precision="mixed_bfloat16",
    augmentation=Augmentation(
        flip=True,
        rotation=12.0,
        zoom=0.12,
        stretch=0.08,
        shift=0.08,
        brightness=0.25,
        contrast=0.3,
        erase=0.3,
        erase_side=0.5,
        coarse=0.1,
    ),
)
"""An hour or so on two cores. Why each choice: ``docs/training.md``."""

WIDER: Final = MIEN.augmentation.model_copy(update={"rotation": 20.0, "zoom": 0.15, "shift": 0.12})
"""Further than a detector's boxes differ, so that what they do differ by changes little."""

_STEADY: Final = MIEN.model_copy(update={"blur": True, "votes_head": 1.0, "keep": "last", "class_balance": 0.3})


class Distillation(BaseRecipe):
    """How a student learns from teachers: each was trained without a part of the images, and answers that part.

    Or from networks that are finished, which answer all images.
    """

    seed: int = Field(default=1, ge=0, description="Of everything random; those of teacher and student do not count.")
    networks: tuple[str, ...] = Field(
        default=(), description="Finished networks that answer together, in place of teachers that are trained."
    )
    folds: int = Field(default=3, ge=2, description="Parts of the training images: as many teachers.")
    views: int = Field(default=12, ge=1, description="Changed copies of each training image that teachers answer.")
    view: Augmentation = Field(
        default=WIDER.model_copy(update={"flip": False, "erase": 0.0}), description="How far a view may be changed."
    )
    teacher: Recipe = Field(
        default=_STEADY.model_copy(update={"epochs": 40, "augmentation": WIDER.model_copy(update={"erase": 0.0})}),
        description="Of each teacher.",
    )
    student: Recipe = Field(
        default=_STEADY.model_copy(
            update={
                "epochs": 116,
                "plain_epochs": 10,
                "teacher_weight": 0.5,
                "augmentation": Augmentation(
                    flip=True, rotation=2.0, zoom=0.02, shift=0.03, brightness=0.05, contrast=0.05, erase=0.3
                ),
            }
        ),
        description="Of the student; its augmentation changes the views a little further, at the same target.",
    )

    def teacher_without(self, fold: int) -> Recipe:
        """Recipe of the teacher that is trained without the part ``fold``."""
        return self.teacher.model_copy(update={"seed": self.seed, "folds": self.folds, "fold": fold})

    def learner(self) -> Recipe:
        """Recipe of the student, which is validated with the images that the teachers were validated with."""
        return self.student.model_copy(update={"seed": self.seed, "validation": self.teacher.validation})


RECIPES: Final[dict[NetworkName, Recipe]] = {"classic": CLASSIC, "mien": MIEN}
