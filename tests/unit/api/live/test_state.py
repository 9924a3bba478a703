"""What viewers are told of a camera."""

from api.live.channel import Kind
from api.live.state import FULL, GONE, LATE, NONE_BLURRED, CameraState
from contracts.cameras import CameraStatus
from contracts.frames import CameraOptions


def test_there_is_nothing_to_say_of_a_camera_that_is_live() -> None:
    assert CameraState("live").sentence(Kind.ANNOTATED) is None
    assert CameraState("live").sentence(Kind.PLACEHOLDER) is None


def test_what_is_missing_is_said() -> None:
    assert CameraState("live").sentence(Kind.PLAIN) == LATE
    assert CameraState("live", blur=True).sentence(Kind.PLACEHOLDER) == NONE_BLURRED
    assert GONE.sentence(Kind.PLACEHOLDER) == "The camera has stopped sending pictures."
    assert CameraState("live").sentence(Kind.PLAIN, has_place=False) == FULL
    assert CameraState("live", blur=True).sentence(Kind.PLACEHOLDER, has_place=False) == FULL
    assert CameraState("live").sentence(Kind.ANNOTATED, has_place=False) is None


def test_a_known_reason_is_told_and_nothing_is_claimed_beside_it() -> None:
    nothing_listens = "Its host is there, and nothing listens on its port."
    for state in ("gone", "stalled"):
        said = CameraState(state, nothing_listens).sentence(Kind.PLACEHOLDER)
        assert said == f"The camera sends no pictures. {nothing_listens}"
    said = CameraState("connecting", "It is asked again.").sentence(Kind.PLACEHOLDER)
    assert said == "The camera is being connected. It is asked again."


def test_what_capture_says_goes_before_what_is_seen_unless_nothing_comes() -> None:
    status = CameraStatus(name="hall", kind="rtsp", state="stalled", reason="No picture for 5 s.", since=1.0, fps=15)
    options = CameraOptions(kind="rtsp", blur=True)
    assert CameraState.judge(status, options, arrives=True) == ("stalled", "No picture for 5 s.", "rtsp", True)
    live = status.model_copy(update={"state": "live", "reason": None})
    assert CameraState.judge(live, options, arrives=True).state == "live"
    assert CameraState.judge(live, options, arrives=False).state == "stalled"
    assert CameraState.judge(None, CameraOptions(), arrives=False) == ("gone", None, None, False)
