"""A network that is only tried reads images after the answer, when there is time, and is only counted."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis

from contracts.errors import BrokerUnavailable
from contracts.metrics import (
    STAGE_CPU_SECONDS,
    metric_key,
)
from contracts.network_metrics import (
    SHADOW_CONFIDENCE,
    SHADOW_DIFFERENCE,
    SHADOW_DISAGREED,
    SHADOW_FACES,
    SHADOW_IMAGES,
)
from contracts.results import Analysis, Box
from contracts.storage.counters import CounterStore
from support.clocks import ManualClock, WaitFor
from support.factories import make_analysis, make_face
from workers.metrics import PendingCounters
from workers.shadow import KEPT_BYTES, KEPT_IMAGES, KEPT_S, ShadowReader, compare

PAIR = {"network": "new-1", "answered_by": "mien-2"}


class Tried:
    """A network that says of every image what it is told to say."""

    model_name = "new-1"

    def __init__(self, analysis: Analysis | Exception) -> None:
        self.analysis, self.images = analysis, list[bytes]()
        self.keep = list[bool]()

    def analyze_image(self, data: bytes, *, keep: bool) -> Analysis:
        self.images.append(data)
        self.keep.append(keep)
        if isinstance(self.analysis, Exception):
            raise self.analysis
        return self.analysis


class Time:
    """Whether there is time, for the test to say."""

    def __init__(self) -> None:
        self.there: bool | Exception = True
        self.asked = threading.Event()

    def __call__(self) -> bool:
        self.asked.set()
        if isinstance(self.there, Exception):
            raise self.there
        return self.there


@pytest.fixture
def counters(redis: Redis) -> PendingCounters:
    return PendingCounters(CounterStore(redis))


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def reader(counters: PendingCounters, time: Time, clock: ManualClock) -> Iterator[ShadowReader]:
    with ShadowReader(counters, time, clock, look_every_s=0.001) as reader:
        yield reader


def outcomes(counters: PendingCounters) -> dict[str, float]:
    """Images by outcome."""
    found = counters._amounts
    names = ("read", "dropped", "failed")
    return {name: count for name in names if (count := found[metric_key(SHADOW_IMAGES, network="new-1", outcome=name)])}


def test_an_image_is_read_and_only_counted(reader: ShadowReader, counters: PendingCounters, wait_for: WaitFor) -> None:
    tried = Tried(make_analysis(make_face("Sad", confidence=0.5), model="new-1"))
    reader.offer(b"image", make_analysis(make_face("Happy", confidence=0.9)), tried, keep=True)  # type: ignore[arg-type]
    wait_for(lambda: outcomes(counters) == {"read": 1}, "the image")
    assert (tried.images, tried.keep) == ([b"image"], [True])
    found = counters._amounts
    assert found[metric_key(SHADOW_FACES, agrees="false", **PAIR)] == 1
    assert found[metric_key(SHADOW_DISAGREED, answered="Happy", shadow="Sad", **PAIR)] == 1
    assert found[metric_key(STAGE_CPU_SECONDS, stage="shadow")] > 0


def test_it_waits_for_time_and_is_dropped_when_none_comes(
    reader: ShadowReader, counters: PendingCounters, time: Time, clock: ManualClock, wait_for: WaitFor
) -> None:
    time.there = False
    tried: Any = Tried(make_analysis(model="new-1"))
    reader.offer(b"one", make_analysis(), tried)
    assert time.asked.wait(60)
    assert tried.images == []
    time.there = BrokerUnavailable("away")
    time.asked.clear()
    assert time.asked.wait(60), "it goes on to ask"
    clock.now += KEPT_S
    wait_for(lambda: outcomes(counters) == {"dropped": 1}, "the image to be dropped")
    time.there = True
    reader.offer(b"two", make_analysis(), tried)
    wait_for(lambda: outcomes(counters) == {"dropped": 1, "read": 1}, "the next image")
    assert tried.images == [b"two"]


@pytest.mark.parametrize("image", [b"small", b"x" * (KEPT_BYTES // 2)])
def test_few_images_wait(reader: ShadowReader, counters: PendingCounters, time: Time, image: bytes) -> None:
    time.there = False
    tried: Any = Tried(make_analysis())
    for _ in range(KEPT_IMAGES + 10):
        reader.offer(image, make_analysis(), tried)
    assert outcomes(counters)["dropped"] >= 9, "one may be in the reader's hands"
    assert len(reader._images) <= KEPT_IMAGES
    assert sum(len(waiting.data) for waiting in reader._images) <= KEPT_BYTES


def test_what_the_network_cannot_read_is_counted_and_the_next_one_is_read(
    reader: ShadowReader, counters: PendingCounters, wait_for: WaitFor, caplog: pytest.LogCaptureFixture
) -> None:
    failing: Any = Tried(ValueError("of a person's picture"))
    reader.offer(b"image", make_analysis(), failing)
    reader.offer(b"image", make_analysis(), Tried(make_analysis(model="new-1")))  # type: ignore[arg-type]
    wait_for(lambda: outcomes(counters) == {"read": 1, "failed": 1}, "both images")
    assert "ValueError" in caplog.text
    assert "picture" not in caplog.text


def test_at_the_end_what_waits_is_dropped(counters: PendingCounters, time: Time, clock: ManualClock) -> None:
    time.there = False
    reader = ShadowReader(counters, time, clock, look_every_s=0.001)
    reader.offer(b"image", make_analysis(), Tried(make_analysis()))  # type: ignore[arg-type]
    assert time.asked.wait(60)
    reader.close()
    reader.offer(b"image", make_analysis(), Tried(make_analysis()))  # type: ignore[arg-type]
    assert outcomes(counters) == {"dropped": 2}


def test_faces_are_compared_one_by_one() -> None:
    amounts = defaultdict[str, float](float)
    boxes = [Box(x=10 * place, y=0, width=5, height=5) for place in range(4)]
    answer = make_analysis(
        make_face("Happy", box=boxes[0], confidence=0.9),
        make_face("Sad", box=boxes[1], confidence=0.8),
        make_face("Sad", box=boxes[2], confidence=0.7),
        make_face(box=boxes[3]).without_emotion(),
    )
    second = make_analysis(
        make_face("Sad", box=boxes[1], confidence=0.6),
        make_face("Neutral", box=boxes[0], confidence=1.0),
        make_face("Sad", box=boxes[3]),
        model="new-1",
    )
    compare(amounts, answer, second)
    assert amounts == pytest.approx(
        {
            metric_key(SHADOW_FACES, agrees="true", **PAIR): 1,
            metric_key(SHADOW_FACES, agrees="false", **PAIR): 1,
            metric_key(SHADOW_DISAGREED, answered="Happy", shadow="Neutral", **PAIR): 1,
            metric_key(SHADOW_CONFIDENCE, of="answer", **PAIR): 1.7,
            metric_key(SHADOW_CONFIDENCE, of="shadow", **PAIR): 1.6,
            metric_key(SHADOW_DIFFERENCE, **PAIR): 0.3,
        }
    )
