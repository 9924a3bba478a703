"""What viewers are told of a camera."""

from api.live.channel import Kind
from api.live.state import GONE, LATE, NONE_BLURRED, CameraState


def test_there_is_nothing_to_say_of_a_camera_that_is_live() -> None:
    assert CameraState("live").sentence(Kind.ANNOTATED) is None
    assert CameraState("live").sentence(Kind.PLACEHOLDER) is None


def test_what_is_missing_is_said() -> None:
    assert CameraState("live").sentence(Kind.PLAIN) == LATE
    assert CameraState("live", blur=True).sentence(Kind.PLACEHOLDER) == NONE_BLURRED
    assert GONE.sentence(Kind.PLACEHOLDER) == "The camera has stopped sending pictures."
    assert CameraState("gone", "It does not answer.").sentence(Kind.PLACEHOLDER) == "It does not answer."
