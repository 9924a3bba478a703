"""Options of a view are read strictly: a wrong one is named, and none is guessed."""

import pytest

from api.requests.views import PARAMETERS, variant
from contracts.errors import MalformedRequest
from contracts.views import DEFAULT, Variant


def test_without_options_it_is_the_view_of_always() -> None:
    assert variant({"camera": "hall"}) == DEFAULT


def test_options_of_an_address_and_of_json() -> None:
    wanted = Variant(width=320, quality=70, fps=5, boxes=False, blur=True)
    assert variant({"width": "320", "quality": "70", "fps": "5", "boxes": "false", "blur": "true"}) == wanted
    assert variant({"width": 320, "quality": 70, "fps": 5, "boxes": False, "blur": True}) == wanted


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("width", value) for value in ("-1", "3841", "wide", "", "1e3", "9" * 5_000)),
        *(("quality", value) for value in ("9", "96", "-1")),
        *(("fps", value) for value in ("-1", "61", "0.5")),
        *(("boxes", value) for value in ("perhaps", "")),
        ("blur", "2"),
    ],
)
def test_a_wrong_one_is_named(name: str, value: str) -> None:
    with pytest.raises(MalformedRequest) as raised:
        variant({name: value}, where="watch.hall.")
    assert raised.value.field == f"watch.hall.{name}"
    assert len(raised.value.detail) < 300


def test_they_are_described_with_their_limits() -> None:
    described = {one.name: one.schema for one in PARAMETERS}
    assert described["width"] == {"type": "integer", "minimum": 0, "maximum": 3_840, "default": 0}
    assert described["boxes"] == {"type": "boolean", "default": True}
