"""Pictures of a browser's camera, published in turn, and answered once each."""

import json
from typing import Any

import pytest
from redis import Redis

from api.live.sender import Sender, SentCamera
from contracts.errors import BrokerUnavailable, CameraTaken
from contracts.frames import CameraOptions, Frame, FrameResult, FrameStamp
from contracts.settings import Settings
from contracts.storage.frames import FrameStore
from contracts.storage.subscription import Notices
from support.clocks import ManualClock, WaitFor
from support.factories import marked

CAMERA = SentCamera("hall", CameraOptions(kind="browser", blur=True), fps=10)


class Browser:
    """A sender's other end, and the worker."""

    def __init__(self, redis: Redis, settings: Settings, clock: ManualClock) -> None:
        self.frames = FrameStore(redis, settings, clock)
        self.told, self.asked = list[Any](), list[FrameStamp]()
        self.busy = False
        self.sender = Sender(CAMERA, self.frames, redis, self._request, self._hear, faces_only=False, clock=clock)

    def _hear(self, text: str) -> None:
        self.told.append(json.loads(text))

    def _request(self, camera: str, stamp: FrameStamp) -> bool:
        self.asked.append(stamp)
        return not self.busy

    def analyze(self, stamp: FrameStamp) -> None:
        result = FrameResult(
            camera="hall",
            epoch=stamp.epoch,
            sequence=stamp.sequence,
            captured_at=1.0,
            analyzed_at=2.0,
            width=4,
            height=3,
            faces=[],
            detector="d",
            model="m",
        )
        self.frames.put_result(result, b"", marked(self.frames, "hall"))


@pytest.fixture
def browser(redis: Redis, settings: Settings, clock: ManualClock) -> Browser:
    return Browser(redis, settings, clock)


def test_a_picture_is_published_with_its_cameras_options_and_answered(browser: Browser, wait_for: WaitFor) -> None:
    browser.sender.start()
    browser.sender.add(1, b"one")
    newest = browser.frames.newest("hall")
    assert newest
    assert (newest.jpeg, newest.options) == (b"one", CAMERA.options)
    assert [newest.stamp] == browser.asked
    browser.analyze(newest.stamp)
    wait_for(lambda: browser.told, "the answer")
    (answer,) = browser.told
    assert (answer["number"], answer["sequence"], answer["result"]["camera"]) == (1, newest.stamp.sequence, "hall")
    browser.sender.stop()


def test_two_are_in_flight_and_of_the_others_the_newest_waits(browser: Browser, clock: ManualClock) -> None:
    for number in range(1, 6):
        browser.sender.add(number, b"picture %d" % number)
        clock.now += 0.1
    assert len(browser.asked) == 2
    assert [answer["number"] for answer in browser.told] == [3, 4]
    assert all("newer picture came" in answer["dropped"] for answer in browser.told)


def test_what_a_worker_passed_over_is_answered_with_what_it_took(
    browser: Browser, clock: ManualClock, wait_for: WaitFor
) -> None:
    browser.sender.start()
    browser.sender.add(1, b"one")
    clock.now += 0.1
    browser.sender.add(2, b"two")
    browser.analyze(browser.asked[1])
    wait_for(lambda: len(browser.told) == 2, "both answers")
    assert [(answer["number"], "dropped" in answer) for answer in browser.told] == [(1, True), (2, False)]
    browser.sender.stop()


def test_no_more_are_published_a_second_than_the_camera_has(browser: Browser, clock: ManualClock) -> None:
    browser.sender.add(1, b"one")
    browser.sender.add(2, b"two")
    assert len(browser.asked) == 1
    assert browser.sender.look() == pytest.approx(0.05)
    clock.now += 0.05
    browser.sender.look()
    assert len(browser.asked) == 2


def test_what_no_worker_takes_is_given_up(browser: Browser, clock: ManualClock) -> None:
    browser.sender.add(1, b"one")
    browser.sender.look()
    assert browser.told == []
    clock.now += 3
    browser.sender.look()
    assert browser.told == [{"number": 1, "dropped": "No worker analysed it in time."}]


def test_while_too_many_wait_for_workers_pictures_are_dropped(browser: Browser) -> None:
    browser.busy = True
    browser.sender.add(1, b"one")
    assert browser.told == [{"number": 1, "dropped": "Too many pictures wait for workers."}]


def test_where_another_camera_publishes_under_the_name_it_ends(browser: Browser, clock: ManualClock) -> None:
    browser.sender.add(1, b"one")
    browser.frames.publish(Frame("hall", FrameStamp(browser.asked[0].epoch + 5, 1), 0.0, b"another's"))
    clock.now += 1
    with pytest.raises(CameraTaken):
        browser.sender.add(2, b"two")
    with pytest.raises(CameraTaken):
        browser.sender.look()


def test_a_picture_after_one_whose_answer_was_lost_takes_the_next_number(
    browser: Browser, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = browser.frames.publish

    def lose_the_answer(frame: Frame) -> bool:
        publish(frame)
        raise BrokerUnavailable("No answer came.")

    monkeypatch.setattr(browser.frames, "publish", lose_the_answer)
    browser.sender.add(1, b"one")
    monkeypatch.undo()
    clock.now += 1
    browser.sender.add(2, b"two")
    newest = browser.frames.newest("hall")
    assert newest
    assert newest.jpeg == b"two"
    assert browser.told == [{"number": 1, "dropped": "No answer came."}]


def test_a_result_that_nobody_announced_is_found_all_the_same(browser: Browser) -> None:
    browser.sender.add(1, b"one")
    browser.analyze(browser.asked[0])  # nothing is heard: the subscription has not begun
    browser.sender._on_notices(Notices())
    assert [answer["number"] for answer in browser.told] == [1]
