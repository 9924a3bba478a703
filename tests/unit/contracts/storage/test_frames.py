"""The frame store's promises, on a real server."""

import time

import pytest
from redis import Redis

from contracts.errors import RecordUnreadable
from contracts.frames import CameraOptions, Frame, FrameResult, FrameStamp
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.frames import FrameStore
from support.clocks import ManualClock
from support.factories import marked


@pytest.fixture
def store(redis: Redis, settings: Settings, clock: ManualClock) -> FrameStore:
    return FrameStore(redis, settings, clock)


def frame(epoch: int, sequence: int) -> Frame:
    return Frame("cam", FrameStamp(epoch, sequence), 1_000_000.0 + sequence / 100, b"jpeg %d" % sequence)


def result(epoch: int, sequence: int) -> FrameResult:
    return FrameResult(
        camera="cam",
        epoch=epoch,
        sequence=sequence,
        captured_at=1.0,
        analyzed_at=2.0,
        width=4,
        height=3,
        faces=[],
        detector="d",
        model="m",
    )


def test_the_newest_frame_wins(store: FrameStore) -> None:
    assert store.newest("cam") is None
    assert store.publish(frame(5, 2))
    assert not store.publish(frame(5, 1))
    assert not store.publish(frame(4, 9))
    assert store.newest("cam") == frame(5, 2)


def test_a_frame_has_the_options_of_its_camera(store: FrameStore, redis: Redis) -> None:
    options = CameraOptions(kind="rtsp", blur=True, history_s=3_600, baseline=True)
    store.publish(frame(5, 2)._replace(options=options))
    store.reserve_request("cam", "t")
    taken, newest = store.take("cam", "t"), store.newest("cam")
    assert taken
    assert newest
    assert taken.options == newest.options == options
    assert taken.mark


def test_a_frame_of_the_version_before_has_no_options(store: FrameStore, redis: Redis) -> None:
    store.publish(frame(5, 2))
    redis.hdel(keys.frame("cam"), "options")
    store.reserve_request("cam", "t")
    assert store.newest("cam") == frame(5, 2)
    taken = store.take("cam", "t")
    assert taken
    assert taken.options == CameraOptions()


@pytest.mark.parametrize("options", ['{"blur": "faces only"}', '{"blur": false, "only_inside": true}'])
def test_a_frame_whose_options_cannot_be_read_in_full_is_not_shown(
    store: FrameStore, redis: Redis, options: str
) -> None:
    store.publish(frame(5, 2))
    redis.hset(keys.frame("cam"), "options", options)
    store.reserve_request("cam", "t")
    for read in (lambda: store.newest("cam"), lambda: store.take("cam", "t")):
        with pytest.raises(RecordUnreadable, match="camera cam"):
            read()


def test_a_frame_that_is_sent_again_is_written_already(store: FrameStore, redis: Redis) -> None:
    with redis.pubsub() as channel:
        channel.subscribe(keys.frames_channel("cam"))
        assert [store.publish(frame(5, 2)) for _ in range(2)] == [True, True], "the driver asks twice"
        store.publish(frame(5, 3))
        announced = [channel.get_message(timeout=5) for _ in range(3)]
    assert [message and message["data"] for message in announced] == [1, b"2", b"3"]


def test_a_restarted_capture_wins_with_a_later_epoch(store: FrameStore) -> None:
    store.publish(frame(5, 700))
    assert store.publish(frame(6, 1))
    assert store.newest("cam") == frame(6, 1)


def test_frames_expire_within_seconds(store: FrameStore, redis: Redis, settings: Settings) -> None:
    store.publish(frame(1, 1))
    assert 0 < redis.pttl(keys.frame("cam")) <= settings.frame_ttl_s * 1000


def test_requests_in_flight_are_bounded_and_lost_ones_are_given_up(
    store: FrameStore, settings: Settings, clock: ManualClock
) -> None:
    tokens = [f"t{i}" for i in range(settings.camera_in_flight)]
    assert all(store.reserve_request("cam", token) for token in tokens)
    assert not store.reserve_request("cam", "one too many")
    assert store.reserve_request("another", "t")
    store.release_request("cam", tokens[0])
    assert store.reserve_request("cam", "next")
    clock.now += 3
    assert store.reserve_request("cam", "after the others were lost")


def take(store: FrameStore) -> Frame | None:
    """By a request of its own."""
    store.reserve_request("cam", "token")
    try:
        return store.take("cam", "token")
    finally:
        store.release_request("cam", "token")


def test_a_frame_is_taken_for_analysis_once(store: FrameStore) -> None:
    assert take(store) is None
    store.publish(frame(1, 1))
    taken = take(store)
    assert taken == frame(1, 1)._replace(mark=taken.mark if taken else "")
    assert take(store) is None
    store.publish(frame(1, 2))
    assert take(store)


def test_a_request_that_comes_late_takes_nothing(store: FrameStore, clock: ManualClock) -> None:
    store.publish(frame(1, 1))
    assert store.take("cam", "never reserved") is None
    store.reserve_request("cam", "token")
    clock.now += 2.1
    assert store.take("cam", "token") is None
    assert take(store)


def test_requests_of_a_time_before_the_clock_was_put_back_are_given_up(store: FrameStore, clock: ManualClock) -> None:
    while store.reserve_request("cam", f"at {clock.now}"):
        clock.now += 0.01
    clock.now -= 3_600
    assert store.reserve_request("cam", "next")


def test_an_older_result_never_overwrites_a_newer_one(store: FrameStore) -> None:
    mark = marked(store)
    assert store.put_result(result(1, 2), b"after 2", mark) == "written"
    assert store.put_result(result(1, 1), b"after 1", mark) == "older"
    assert store.result("cam") == result(1, 2)
    assert store.tracker_state("cam") == (FrameStamp(1, 2), b"after 2", 4)


def test_an_analysis_is_stored_only_on_top_of_the_state_that_it_was_made_with(store: FrameStore) -> None:
    mark = marked(store)
    assert store.put_result(result(1, 1), b"after 1", mark, None) == "written"
    assert store.put_result(result(1, 2), b"after 2", mark, FrameStamp(1, 1)) == "written"
    for before in (None, FrameStamp(1, 1), FrameStamp(0, 2)):
        assert store.put_result(result(1, 3), b"after 3", mark, before) == "changed"
    assert store.tracker_state("cam") == (FrameStamp(1, 2), b"after 2", 4)
    assert store.put_result(result(1, 3), b"after 3", mark, FrameStamp(1, 2)) == "written"


def test_nor_does_it_take_the_place_of_a_newer_one_that_has_expired(store: FrameStore, redis: Redis) -> None:
    mark = marked(store)
    assert store.put_result(result(1, 2), b"", mark) == "written"
    redis.delete(keys.faces("cam"))
    assert store.put_result(result(1, 1), b"", mark) == "older"
    assert store.put_result(result(1, 3), b"", mark) == "written"


def test_what_was_taken_before_redis_lost_its_data_is_refused(store: FrameStore, redis: Redis) -> None:
    store.publish(frame(1, 1))
    before = take(store)
    redis.flushall()
    store.publish(frame(1, 2))
    after = take(store)
    assert before
    assert after
    assert store.put_result(result(1, 1), b"", before.mark) == "older"
    assert store.put_result(result(1, 2), b"", after.mark) == "written"


def test_a_capture_goes_on_behind_all_that_was_seen(store: FrameStore, redis: Redis, clock: ManualClock) -> None:
    first = store.begin("cam")
    assert first == (1_000 * clock.now, 1_000 * clock.now)
    store.publish(Frame("cam", FrameStamp(first.epoch, first.sequence + 5_000_000), clock.now, b"jpeg"))
    redis.delete(keys.frame("cam"))
    clock.now += 1
    assert store.begin("cam").sequence == first.sequence + 5_000_001
    assert not store.publish(Frame("cam", first, clock.now, b"a capture that was forgotten meanwhile"))
    redis.flushall()
    clock.now += 3_600
    assert store.begin("cam").sequence == 1_000 * clock.now


def test_when_a_frame_was_taken_goes_by_the_servers_clock(
    redis: Redis, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken_at = time.time() - 0.5
    monkeypatch.setattr(time, "time", lambda: taken_at - 3_600 + 0.5)
    store = FrameStore(redis, settings)
    store.publish(Frame("cam", FrameStamp(1, 1), taken_at - 3_600, b"jpeg"))
    assert store.captured_at("cam") == pytest.approx(taken_at, abs=60)
    assert list(store.cameras()) == ["cam"]


def test_new_frames_are_announced_by_sequence_only(store: FrameStore, redis: Redis) -> None:
    pubsub = redis.pubsub(ignore_subscribe_messages=True)
    pubsub.subscribe(keys.frames_channel("cam"))
    pubsub.get_message(timeout=5)
    store.publish(frame(1, 41))
    heard = pubsub.get_message(timeout=5)["data"]
    pubsub.close()
    assert heard == b"41"


def test_cameras_are_listed_newest_first_and_forgotten_in_the_end(store: FrameStore, clock: ManualClock) -> None:
    store.publish(frame(1, 1))
    store.publish(frame(1, 2)._replace(camera="later", captured_at=clock.now + 60))
    assert list(store.cameras()) == ["later", "cam"]
    clock.now += 3_630
    assert list(store.cameras()) == ["later"]


def test_the_time_of_the_newest_frame_is_read_without_its_picture(store: FrameStore) -> None:
    assert store.captured_at("cam") is None
    store.publish(frame(1, 3))
    assert store.captured_at("cam") == frame(1, 3).captured_at
