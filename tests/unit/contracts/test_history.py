"""What is kept of an analysis."""

from contracts.emotions import EMOTIONS
from contracts.frames import CameraOptions, TrackedFace
from contracts.history import HistorySample
from support.factories import make_face, make_frame_result


def test_a_sample_has_who_is_seen_with_which_expression_and_no_place() -> None:
    face = TrackedFace(track=3, **make_face("Sad", quality=["dark"]).model_dump())
    options = CameraOptions(history_s=60, baseline=True)
    sample = HistorySample.of(make_frame_result(2, face), options)
    assert (sample.epoch, sample.captured_at, sample.kept_s, sample.baseline) == (1, 1_000_000.02, 60, True)
    (kept,) = sample.faces
    assert (kept.track, kept.emotion, kept.quality) == (3, "Sad", ["dark"])
    assert kept.shares == {label: 0.94 if label == "Sad" else 0.01 for label in EMOTIONS}
    assert "box" not in sample.model_dump_json()


def test_nothing_is_left_of_expressions_where_none_may_be_told() -> None:
    face = TrackedFace(track=3, **make_face("Sad").model_dump())
    bare = HistorySample.of(make_frame_result(2, face), CameraOptions(history_s=60)).without_emotions()
    assert [(one.track, one.emotion, one.shares) for one in bare.faces] == [(3, None, {})]
    unread = HistorySample.of(make_frame_result(2, face.without_emotion()), CameraOptions(history_s=60))
    assert unread.faces == bare.faces
