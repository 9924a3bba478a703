"""The detector's recipe."""

from training.detection.recipe import Recipe


def test_every_argument_of_a_run_is_explained() -> None:
    assert all(field.description for field in Recipe.model_fields.values())
