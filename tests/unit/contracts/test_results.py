"""The result of an analysis: what it refuses."""

import pytest
from pydantic import ValidationError

from contracts.results import Analysis, Box, Face
from support.factories import make_analysis, make_face


@pytest.mark.parametrize("change", [{"x": -1}, {"y": -1}, {"width": 0}, {"height": 0}, {"depth": 1}])
def test_a_box_lies_in_the_image_and_has_an_area(change: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        Box.model_validate({"x": 0, "y": 0, "width": 1, "height": 1} | change)


@pytest.mark.parametrize("change", [{"confidence": 1.01}, {"detection_score": -0.1}, {"emotion": "Bored"}])
def test_a_face_has_one_of_the_emotions_and_probabilities(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Face.model_validate(make_face().model_dump() | change)


def test_an_analysis_survives_the_way_through_redis() -> None:
    analysis = make_analysis(make_face(), make_face("Sad"), stages_ms={"decode": 1.25})
    assert Analysis.model_validate_json(analysis.model_dump_json()) == analysis


def test_results_are_frozen() -> None:
    with pytest.raises(ValidationError):
        make_analysis().width = 3  # type: ignore[misc]
