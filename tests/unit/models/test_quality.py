"""Why not to trust a label."""

import pytest

from contracts.results import Box
from models.quality import flaws


@pytest.mark.parametrize(("x", "y"), [(0, 20), (20, 0), (60, 20), (20, 60)])
def test_a_face_at_the_border_of_the_image_may_be_cut(x: int, y: int) -> None:
    assert flaws(Box(x=x, y=y, width=40, height=40), 100, 100) == ["cut"]


def test_a_face_within_the_image_is_not() -> None:
    assert flaws(Box(x=1, y=1, width=98, height=98), 100, 100) == []
