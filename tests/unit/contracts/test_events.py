"""Events as clients are told them."""

from contracts.events import CameraEvent, EventKind, EventResponse

CHANGED = CameraEvent(at=5.0, camera="cam", kind=EventKind.CHANGED, epoch=7, track=3, emotion="Sad", before="Happy")


def test_an_event_names_the_person_as_the_history_does() -> None:
    told = EventResponse.of("9-0", CHANGED, faces_only=False)
    assert told is not None
    assert (told.id, told.person, told.track, told.emotion, told.before) == ("9-0", "7-3", 3, "Sad", "Happy")
    state = EventResponse.of(
        "9-1", CameraEvent(at=5.0, camera="cam", kind=EventKind.CAMERA_STATE, state="gone"), faces_only=False
    )
    assert state is not None
    assert (state.person, state.state) == (None, "gone")


def test_where_no_expression_may_be_told_none_is() -> None:
    assert EventResponse.of("9-0", CHANGED, faces_only=True) is None
    came = CHANGED.model_copy(update={"kind": EventKind.APPEARED})
    told = EventResponse.of("9-0", came, faces_only=True)
    assert told is not None
    assert (told.person, told.emotion, told.before) == ("7-3", None, None)
