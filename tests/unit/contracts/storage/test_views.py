"""Views: made only while they are wanted, the newest wins, and what is called blurred was blurred."""

import pytest
from redis import Redis

from contracts.frames import CameraOptions, FrameStamp
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.frames import FrameStore
from contracts.storage.views import MOST_VARIANTS, announced
from contracts.views import DEFAULT, Variant, View
from support.clocks import ManualClock
from support.factories import make_frame, marked

SMALL = Variant(width=320, fps=5, boxes=False)


@pytest.fixture
def store(redis: Redis, settings: Settings, clock: ManualClock) -> FrameStore:
    return FrameStore(redis, settings, clock)


def view(sequence: int, jpeg: bytes = b"drawn", **more: object) -> View:
    return View(FrameStamp(1, sequence), 12.5, jpeg, "mien-2", **more)  # type: ignore[arg-type]


def test_views_are_made_only_while_there_are_viewers(store: FrameStore, clock: ManualClock, settings: Settings) -> None:
    assert not store.watched("cam")
    assert store.views.want("cam", [DEFAULT, SMALL]) == {DEFAULT, SMALL}
    assert store.views.wanted("cam") == {DEFAULT: 0.0, SMALL: 0.0}
    assert store.watched("cam")
    clock.now += settings.frame_ttl_s / 2
    store.views.want("cam", [SMALL])
    clock.now += settings.frame_ttl_s / 2 + 0.1
    assert SMALL in store.views.wanted("cam")
    clock.now += settings.frame_ttl_s
    assert SMALL not in store.views.wanted("cam")


def test_a_gateway_of_the_version_before_says_only_that_the_camera_is_watched(store: FrameStore, redis: Redis) -> None:
    redis.set(keys.watched("cam"), 1, px=5_000)
    assert store.views.wanted("cam") == {DEFAULT: 0.0}


def test_workers_of_the_version_before_are_told_of_viewers_without_options(store: FrameStore, redis: Redis) -> None:
    store.views.want("cam", [SMALL])
    assert not redis.exists(keys.watched("cam"))
    store.views.want("cam", [DEFAULT])
    assert 0 < redis.pttl(keys.watched("cam")) <= 5_000


def test_a_camera_is_shown_in_a_few_forms_and_always_without_options(store: FrameStore) -> None:
    many = [Variant(quality=quality) for quality in range(10, 10 + MOST_VARIANTS)]
    assert store.views.want("cam", many) == set(many[:-1])
    assert store.views.want("cam", [many[-1], many[0], DEFAULT]) == {many[0], DEFAULT}
    assert store.views.want("another", [many[-1]]) == {many[-1]}


def test_views_of_a_frame_are_stored_together_and_never_go_back(store: FrameStore) -> None:
    mark = marked(store)
    assert store.views.get("cam", [DEFAULT, SMALL]).by_variant == {}
    both = {DEFAULT: view(3), SMALL: view(3, b"small", due=12.7, result=b"{}")}
    assert store.views.put("cam", both, mark)
    assert store.views.get("cam", [DEFAULT, SMALL]).by_variant == both
    store.views.want("cam", [SMALL])
    assert store.views.wanted("cam") == {SMALL: 12.7}
    for late in ({DEFAULT: view(2)}, {SMALL: view(3, b"again")}):
        assert not store.views.put("cam", late, mark)
    assert store.views.put("cam", {SMALL: view(4)}, mark)
    assert not store.views.put("cam", {SMALL: view(5)}, "another mark")


def test_with_them_comes_what_is_to_be_done_with_the_newest_frame(store: FrameStore, clock: ManualClock) -> None:
    assert store.views.get("cam", [DEFAULT]).newest is None
    store.publish(make_frame(7)._replace(captured_at=clock.now, options=CameraOptions(blur=True)))
    newest = store.views.get("cam", [DEFAULT]).newest
    assert newest is not None
    assert (newest.stamp, newest.options.blur) == (FrameStamp(1, 7), True)


def test_a_worker_of_the_version_before_blurs_nothing_whatever_was_there(store: FrameStore, redis: Redis) -> None:
    store.views.put("cam", {DEFAULT: view(3, blurred=True, result=b"{}")}, marked(store))
    assert store.views.get("cam", [DEFAULT]).by_variant[DEFAULT].blurred
    fields = {"epoch": 1, "sequence": 4, "captured_at": 13.0, "jpeg": b"plain", "model": "mien-2"}
    redis.hset(keys.view("cam"), mapping=fields)  # as it writes, over the fields that are there
    found = store.views.get("cam", [DEFAULT]).by_variant[DEFAULT]
    assert (found.jpeg, found.blurred, found.result) == (b"plain", False, b"")


def test_new_views_are_announced_with_their_variants(store: FrameStore, redis: Redis) -> None:
    with redis.pubsub(ignore_subscribe_messages=True) as pubsub:
        pubsub.subscribe(keys.views_channel("cam"))
        pubsub.get_message(timeout=5)
        store.views.put("cam", {DEFAULT: view(41), SMALL: view(41)}, marked(store))
        text = pubsub.get_message(timeout=5)["data"].decode()
    assert text.startswith("41 ")
    assert announced(text) == {DEFAULT, SMALL}
    assert announced("41") == {DEFAULT}, "by a worker of the version before"


def test_erasing_a_camera_takes_its_views(store: FrameStore, redis: Redis) -> None:
    store.views.want("cam", [DEFAULT, SMALL])
    store.views.put("cam", {DEFAULT: view(1), SMALL: view(1)}, marked(store))
    assert store.erase("cam")
    assert redis.dbsize() == 0
