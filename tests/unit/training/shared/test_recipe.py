"""Recipes, changed and described."""

from training.emotion.recipe import CLASSIC
from training.shared.recipe import change_recipe


def test_recipes_can_be_changed_in_every_part() -> None:
    changes = ["augmentation.rotation=20", "schedule=constant", "augmentation.flip=false"]
    recipe = change_recipe(CLASSIC, {"epochs": 3, "seed": None}, changes)
    assert recipe.epochs == 3
    assert recipe.schedule == "constant"
    assert recipe.augmentation.rotation == 20
    assert not recipe.augmentation.flip
    assert recipe.seed == CLASSIC.seed
