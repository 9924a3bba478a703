"""Who keeps histories, and of what."""

import time
from dataclasses import replace

from contracts.cameras import CameraStatus
from contracts.frames import CameraOptions, Frame, FrameStamp, TrackedFace
from contracts.history import HistorySample
from contracts.storage import keys
from contracts.storage.events import EventStore
from support.factories import make_face, make_frame_result, marked
from workers.observer import Observer
from workers.services import Services


def show(services: Services, sequence: int, options: CameraOptions, camera: str = "cam") -> None:
    """Publish a frame, and the analysis that a worker makes of it."""
    stamp = FrameStamp(1, sequence)
    services.frames.publish(Frame(camera, stamp, time.time(), b"jpeg", options=options))
    face = TrackedFace(track=1, **make_face("Sad").model_dump())
    services.frames.put_result(
        make_frame_result(sequence, face, camera=camera), b"{}", marked(services.frames, camera), None
    )


def kept(services: Services, camera: str = "cam") -> list[HistorySample]:
    return list(services.history.read(camera, 0, 1e11))


def test_a_camera_has_a_history_only_where_its_options_ask_for_one(services: Services) -> None:
    show(services, 1, CameraOptions(history_s=60), "kept")
    show(services, 1, CameraOptions(), "not")
    Observer(services).run()
    (sample,) = kept(services, "kept")
    assert (sample.kept_s, [face.emotion for face in sample.faces]) == (60, ["Sad"])
    assert kept(services, "not") == []
    assert not services.frame_redis.exists(keys.history("not"))


def test_the_same_analysis_is_kept_once_however_long_it_stays(services: Services) -> None:
    observer = Observer(services)
    show(services, 1, CameraOptions(history_s=60))
    observer.run()
    newest = services.frame_redis.xrevrange(keys.history("cam"), count=1)[0]
    services.frame_redis.delete(keys.history("cam"))  # or it would be too early for another one
    observer.run()
    assert newest
    assert kept(services) == []


def test_one_worker_at_a_time_keeps_it(services: Services) -> None:
    other = replace(services, name="other")
    show(services, 1, CameraOptions(history_s=60))
    assert services.history.take_turn("other", 3)
    Observer(services).run()
    assert kept(services) == []
    Observer(other).run()
    assert len(kept(services)) == 1


def test_a_camera_that_cannot_be_read_costs_no_other_its_history(services: Services) -> None:
    show(services, 1, CameraOptions(history_s=60), "cam")
    show(services, 1, CameraOptions(history_s=60), "newer")
    services.frame_redis.hset(keys.frame("newer"), "options", '{"history_s": "newer"}')
    Observer(services).run()
    assert len(kept(services)) == 1
    assert kept(services, "newer") == []


def test_what_is_too_old_is_forgotten_from_time_to_time(services: Services) -> None:
    observer = Observer(services)
    services.frame_redis.xadd(keys.history("cam"), {"sample": "{}"}, id="1000-0")
    services.frame_redis.zadd(keys.HISTORIES, {"cam": 60})
    for _ in range(20):
        observer.run()
    assert services.frame_redis.xlen(keys.history("cam")) == 0
    assert not services.frame_redis.exists(keys.HISTORIES)


def eventful(services: Services) -> Services:
    settings = services.settings.model_copy(update={"events_s": 60})
    return replace(services, settings=settings, events=EventStore(services.frame_redis, settings))


def told(services: Services) -> list[tuple[str, str | None]]:
    return [(one.event.kind.value, one.event.state or one.event.emotion) for one in services.events.after("0-0")]


def test_there_are_no_events_unless_they_are_asked_for(services: Services) -> None:
    show(services, 1, CameraOptions())
    Observer(services).run()
    assert not services.frame_redis.exists(keys.EVENTS, keys.noted("cam"))


def test_who_comes_is_told_once_whoever_observes(services: Services) -> None:
    services = eventful(services)
    show(services, 1, CameraOptions())
    for _ in range(2):
        Observer(services).run()
    assert told(services)[:2] == [("camera_state", "live"), ("appeared", "Sad")]
    assert [kind for kind, _ in told(services)].count("appeared") == 1


def test_a_camera_is_as_is_said_of_it_and_else_as_its_frames_tell(services: Services) -> None:
    services = eventful(services)
    stalled = CameraStatus(name="hall", kind="rtsp", state="stalled", reason="No picture.", since=1.0, fps=15)
    services.camera_statuses.put(stalled)
    Observer(services).run()
    assert told(services) == [("camera_state", "stalled")]
    show(services, 1, CameraOptions(), "bare")
    Observer(services).run()
    services.frame_redis.delete(keys.frame("bare"))
    Observer(services).run()
    assert [state for kind, state in told(services) if kind == "camera_state"] == ["stalled", "live", "gone"]


def test_of_a_device_that_sends_for_itself_nothing_is_noted(services: Services) -> None:
    services, device = eventful(services), f"device-{'0a' * 16}"
    show(services, 1, CameraOptions(history_s=60), device)
    services.frame_redis.zadd(keys.CAMERAS, {device: time.time()})
    Observer(services).run()
    assert kept(services, device) == []
    assert told(services) == []
