"""A camera's newest frame: latest wins, frames drawn only for viewers; real models, a real server."""

import json
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from greenlet import getcurrent, greenlet
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from redis import Redis

from contracts.frames import Frame, FrameResult, FrameStamp
from contracts.metrics import FRAMES_ANALYZED, FRAMES_DRAWN, FRAMES_STALE, metric_key
from contracts.results import Analysis, Box
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.frames import FrameStore, StoredState, Written
from contracts.views import DEFAULT
from models import Analyzer
from models.detection.lite import LiteDetector
from support.analyzers import with_analyzer
from support.counting import counted
from support.factories import make_analysis, make_face, make_frame_result, marked
from workers.frames import analyze_frame
from workers.services import Services

CAPTURED_AT = time.time()
"""Frames are a tenth of a second apart however long the tests take: who is away for long has another number."""


def publish(services: Services, sequence: int, jpeg: bytes, epoch: int = 1) -> None:
    assert services.frames.publish(Frame("cam", FrameStamp(epoch, sequence), CAPTURED_AT + sequence / 10, jpeg))
    services.frames.reserve_request("cam", f"t{sequence}")


def test_a_face_keeps_its_track_from_frame_to_frame(services: Services, face_jpeg: bytes) -> None:
    tracks = []
    for sequence in (1, 2):
        publish(services, sequence, face_jpeg)
        assert analyze_frame(services, "cam", f"t{sequence}") == "finished"
        result = services.frames.result("cam")
        assert result is not None
        assert result.sequence == sequence
        tracks.append([face.track for face in result.faces])
    assert tracks == [[1], [1]]
    assert counted(services)[metric_key(FRAMES_ANALYZED, camera="cam")] == 2


def test_no_number_is_given_twice_when_the_state_has_expired(services: Services, face_jpeg: bytes) -> None:
    seen = []
    for sequence, epoch in ((1, 1), (2, 1), (3, 2)):
        publish(services, sequence, face_jpeg, epoch)
        analyze_frame(services, "cam", f"t{sequence}")
        seen.append(_tracks(services))
        services.frame_redis.delete(keys.faces("cam"))
    assert seen == [[1], [2], [1]], "numbers count from one in each epoch"


def test_a_face_that_was_there_is_kept_for_a_lower_score(services: Services, face_jpeg: bytes) -> None:
    """The second worker wants a score that no face has."""
    strict = with_analyzer(services, Analyzer(LiteDetector(min_score=0.99), None))
    publish(strict, 1, face_jpeg)
    analyze_frame(strict, "cam", "t1")
    assert _tracks(strict) == [], "it begins no track"
    for sequence, worker in ((2, services), (3, strict)):
        publish(worker, sequence, face_jpeg)
        analyze_frame(worker, "cam", f"t{sequence}")
        assert _tracks(worker) == [1]


def _tracks(services: Services) -> list[int]:
    result = services.frames.result("cam")
    return [face.track for face in result.faces] if result else []


def test_a_frame_is_analysed_once_however_often_it_is_asked_for(services: Services, plain_jpeg: bytes) -> None:
    publish(services, 1, plain_jpeg)
    assert services.frames.reserve_request("cam", "t2")
    assert [analyze_frame(services, "cam", f"t{i}") for i in range(1, 4)] == ["finished", "stale", "stale"]
    assert counted(services)[metric_key(FRAMES_STALE, camera="cam")] == 2


def test_without_a_frame_there_is_nothing_to_do(services: Services) -> None:
    assert analyze_frame(services, "cam", "t") == "stale"


def test_a_view_is_drawn_only_while_there_are_viewers(services: Services, face_jpeg: bytes) -> None:
    publish(services, 1, face_jpeg)
    analyze_frame(services, "cam", "t1")
    assert services.frames.views.get("cam", [DEFAULT]).by_variant == {}
    services.frames.views.want("cam", [DEFAULT])
    publish(services, 2, face_jpeg)
    analyze_frame(services, "cam", "t2")
    annotated = services.frames.views.get("cam", [DEFAULT]).by_variant[DEFAULT]
    assert annotated.stamp == FrameStamp(1, 2)
    assert annotated.jpeg.startswith(b"\xff\xd8")
    assert annotated.jpeg != face_jpeg
    assert counted(services)[metric_key(FRAMES_DRAWN, camera="cam")] == 1


def test_the_request_is_given_back_whatever_happens(services: Services, plain_jpeg: bytes) -> None:
    for sequence, jpeg in ((1, plain_jpeg), (2, b"no image")):
        publish(services, sequence, jpeg)
        tokens = [f"t{sequence}", *(f"{sequence}-{i}" for i in range(1, services.settings.camera_in_flight))]
        assert all(services.frames.reserve_request("cam", token) for token in tokens[1:])
        analyze_frame(services, "cam", tokens[0])
        assert services.frames.reserve_request("cam", "next")
        for token in (*tokens, "next"):
            services.frames.release_request("cam", token)


def test_a_damaged_frame_is_passed_over(services: Services, plain_jpeg: bytes) -> None:
    publish(services, 1, b"no image")
    assert analyze_frame(services, "cam", "t1") == "damaged"
    assert services.frames.result("cam") is None
    publish(services, 2, plain_jpeg)
    assert analyze_frame(services, "cam", "t2") == "finished"


def test_a_result_that_comes_after_a_newer_one_is_dropped(services: Services, plain_jpeg: bytes) -> None:
    publish(services, 1, plain_jpeg)
    services.frames.put_result(make_frame_result(5), b"{}", marked(services.frames))
    assert analyze_frame(services, "cam", "t1") == "stale"
    result = services.frames.result("cam")
    assert result is not None
    assert result.sequence == 5


WORKERS, FRAMES, APART = 3, 8, 100


class SteppingStore(FrameStore):
    """The real store; who is about to call it waits for a turn."""

    written: list[FrameResult]

    def _step(self) -> None:
        getcurrent().parent.switch()

    def tracker_state(self, camera: str) -> StoredState | None:
        self._step()
        return super().tracker_state(camera)

    def put_result(
        self,
        result: FrameResult,
        tracker_state: bytes,
        mark: str,
        before: FrameStamp | None = None,
        next_track: int = 1,
    ) -> Written:
        self._step()
        written = super().put_result(result, tracker_state, mark, before, next_track)
        if written is Written.WRITTEN:
            self.written.append(result)
        return written

    def take(self, camera: str, token: str) -> Frame | None:
        self._step()
        return super().take(camera, token)


class TruthfulAnalyzer:
    """Finds the people whose numbers a frame has in place of a picture, each at a place of their own."""

    begin_score = 0.0

    def analyze_image(self, data: bytes, *_: Any, **__: Any) -> Analysis:
        people = json.loads(data)
        faces = [make_face(box=Box(x=APART * person, y=0, width=40, height=40)) for person in people]
        return make_analysis(*faces)


def run_in_turns(works: list[Callable[[], object]], turns: st.DataObject) -> None:
    """Let all of them run, one step at a time, in any order."""
    running = [greenlet(work) for work in works]
    while running:
        turn = running[turns.draw(st.integers(0, len(running) - 1))]
        turn.switch()
        running = [one for one in running if not one.dead]


@examples(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(turns=st.data(), crowds=st.lists(st.sets(st.integers(0, 5), min_size=1), min_size=FRAMES, max_size=FRAMES))
def test_workers_in_any_order_give_no_identity_twice_and_never_go_back(
    services: Services, settings: Settings, redis: Redis, turns: st.DataObject, crowds: list[set[int]]
) -> None:
    redis.flushall()
    store = SteppingStore(redis, settings.model_copy(update={"camera_in_flight": WORKERS}))
    store.written = []
    working = with_analyzer(services, TruthfulAnalyzer(), frames=store)
    frames = iter(enumerate(crowds, 1))

    def work() -> None:
        for sequence, crowd in frames:
            publish(working, sequence, json.dumps(sorted(crowd)).encode())
            analyze_frame(working, "cam", f"t{sequence}")

    run_in_turns([work] * WORKERS, turns)
    sequences = [result.sequence for result in store.written]
    assert sequences == sorted(set(sequences))
    assert sequences[-1] == FRAMES
    people, identities = defaultdict[int, set[int]](set), defaultdict[int, set[int]](set)
    for face in (face for result in store.written for face in result.faces):
        people[face.track].add(face.box.x // APART)
        identities[face.box.x // APART].add(face.track)
    assert [found for found in people.values() if len(found) > 1] == [], "an identity was given to two"
    assert [found for found in identities.values() if len(found) > 1] == [], "somebody has two identities"
