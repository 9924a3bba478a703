"""What a viewer says is understood strictly."""

import pytest

from api.live.wishes import parse
from contracts.errors import MalformedRequest
from contracts.views import Variant


def test_what_is_watched_and_what_was_drawn() -> None:
    said = parse('{"watch": {"hall": {"width": 320, "fps": 5, "quality": 70, "boxes": false, "blur": true}, "b": {}}}')
    assert said.variants == {"hall": Variant(320, 70, 5, False, True), "b": Variant()}
    assert said.shown is None
    drawn = parse('{"shown": {"camera": "hall", "serial": 17}}')
    assert drawn.variants is None
    assert drawn.shown is not None
    assert (drawn.shown.camera, drawn.shown.serial) == ("hall", 17)


@pytest.mark.parametrize("said", ["[]", "", "[" * 10_000, '{"watch": null, "x": 1}', '{"shown": {"serial": 1}}', b"{}"])
def test_all_else_is_refused(said: str | bytes) -> None:
    with pytest.raises(MalformedRequest):
        parse(said)


def test_a_name_that_no_camera_can_have_is_refused() -> None:
    with pytest.raises(MalformedRequest, match="not the name"):
        parse('{"watch": {"a:b": {}}}').variants  # noqa: B018
