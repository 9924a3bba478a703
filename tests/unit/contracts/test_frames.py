"""Messages of the live path."""

import pytest
from pydantic import ValidationError

from contracts.frames import FrameResult, FrameStamp, TrackedFace
from support.factories import make_analysis, make_face, make_frame


def test_stamps_order_by_epoch_and_then_by_sequence() -> None:
    stamps = [FrameStamp(2, 1), FrameStamp(1, 700), FrameStamp(1, 2)]
    assert sorted(stamps) == stamps[::-1]


def test_a_result_is_that_of_its_frame_with_the_faces_of_the_tracker() -> None:
    frame, face = make_frame(41, epoch=5, camera="hall"), make_face()
    tracked = TrackedFace(track=7, raw_scores=face.scores, **face.model_dump())
    analysis = make_analysis(face, stages_ms={"detect": 7.0}, labels="people")
    result = FrameResult.of(frame, analysis, [tracked], analyzed_at=1_000_001.5)
    assert (result.camera, result.epoch, result.sequence) == ("hall", 5, 41)
    assert (result.captured_at, result.analyzed_at) == (frame.captured_at, 1_000_001.5)
    assert (result.width, result.height, result.stages_ms) == (64, 48, {"detect": 7.0})
    assert (result.faces, result.labels) == ([tracked], "people")
    bare = result.without_emotions()
    assert (bare.labels, bare.faces[0].scores, bare.faces[0].raw_scores) == (None, {}, {})


def test_tracks_count_from_one() -> None:
    with pytest.raises(ValidationError):
        TrackedFace(track=0, **make_face().model_dump())
