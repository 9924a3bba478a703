"""Recipes, changed and described."""

import pytest

from training.emotion.recipe import CLASSIC, Recipe
from training.shared.errors import TrainingError
from training.shared.recipe import change_recipe, describe_recipe


def test_recipes_can_be_changed_in_every_part() -> None:
    changes = ["augmentation.rotation=20", "schedule=constant", "augmentation.flip=false"]
    recipe = change_recipe(CLASSIC, {"epochs": 3, "seed": None}, changes)
    assert recipe.epochs == 3
    assert recipe.schedule == "constant"
    assert recipe.augmentation.rotation == 20
    assert not recipe.augmentation.flip
    assert recipe.seed == CLASSIC.seed


@pytest.mark.parametrize(
    ("change", "message"),
    [("mixup=-1", "mixup"), ("speed=3", "speed"), ("mixup", "NAME=VALUE"), ("epochs.x=1", "no parts")],
)
def test_a_wrong_change_is_named(change: str, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        change_recipe(CLASSIC, {}, [change])


def test_every_argument_is_described_by_the_name_that_set_takes() -> None:
    described = describe_recipe(Recipe)
    (rotation,) = (line for line in described.splitlines() if "augmentation.rotation" in line)
    assert rotation.endswith("  Degrees, both ways.")
    for line in described.splitlines():
        name, _, description = line.strip().partition("  ")
        assert description.strip().endswith("."), name
        parts = name.split(".")
        assert parts[0] in Recipe.model_fields
