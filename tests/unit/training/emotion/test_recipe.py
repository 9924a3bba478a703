"""The recipes of the shipped networks."""

import pytest

from models.classification import EmotionCard
from models.weights import available, load_weights
from training.emotion.recipe import RECIPES, Augmentation, Recipe
from training.shared.errors import TrainingError
from training.shared.recipe import change_recipe


def test_every_network_has_a_recipe_of_its_own() -> None:
    assert {name: recipe.network for name, recipe in RECIPES.items()} == {"classic": "classic", "mien": "mien"}


def test_no_change_is_within_every_range_and_the_unknown_is_refused() -> None:
    assert Augmentation.model_validate({"rotation": 0}).rotation == 0
    with pytest.raises(ValueError, match="rotation"):
        Augmentation(rotation=90)
    with pytest.raises(ValueError, match="speed"):
        Recipe.model_validate(RECIPES["classic"].model_dump() | {"speed": 3})


@pytest.mark.parametrize("changes", [{"mixup": 0.2}, {"batch": 7}])
def test_what_would_tear_pairs_apart_is_refused(changes: dict[str, float]) -> None:
    with pytest.raises(TrainingError, match=r"even batch and mixup=0"):
        change_recipe(RECIPES["mien"], {"consistency": 1.0, **changes}, [])


@pytest.mark.parametrize("name", available("emotion"))
def test_the_recipe_of_a_shipped_network_is_one_of_today(name: str) -> None:
    """A card's recipe holds the arguments of the run, and beside them where the run came from."""
    _, card = load_weights(name, EmotionCard)
    arguments = {key: value for key, value in card.recipe.items() if key in Recipe.model_fields}
    assert Recipe.model_validate(arguments).network in RECIPES
    later = {"inner", "sparse", "teacher_weight", "blur", "votes_head", "own_view", "consistency"}
    later |= {"plain_epochs", "keep", "folds", "fold"}
    assert Recipe.model_fields.keys() - arguments.keys() <= later, "which the first networks were trained without"
