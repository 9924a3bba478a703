"""The detector's recipe."""

from training.detection.recipe import Recipe


def test_every_argument_of_a_run_is_explained() -> None:
    assert all(field.description for field in Recipe.model_fields.values())


def test_a_recipe_of_a_run_reads_again() -> None:
    assert Recipe.model_validate_json(Recipe(steps=60_000).model_dump_json()) == Recipe(steps=60_000)
