"""How cameras are is told at once when it changes, every second otherwise, and no more once they are gone."""

from collections.abc import Iterator

import pytest
from redis import Redis

from capture.telling import StatusTeller
from contracts.cameras import CameraStatus
from contracts.errors import BrokerUnavailable
from contracts.storage.cameras import CameraStatuses
from support.clocks import WaitFor


@pytest.fixture
def seen() -> list[CameraStatus]:
    return [CameraStatus(name=name, kind="demo", state="live", since=1, fps=15) for name in ("hall", "door")]


@pytest.fixture
def statuses(redis: Redis) -> CameraStatuses:
    return CameraStatuses(redis)


@pytest.fixture
def teller(statuses: CameraStatuses, seen: list[CameraStatus]) -> Iterator[StatusTeller]:
    teller = StatusTeller(statuses, lambda: list(seen))
    teller.start()
    yield teller
    teller.stop()


def test_what_is_seen_is_told_until_it_ends(
    teller: StatusTeller, statuses: CameraStatuses, seen: list[CameraStatus], wait_for: WaitFor
) -> None:
    wait_for(lambda: list(statuses.all()) == ["door", "hall"], "both")
    teller.remove([seen.pop().name])
    wait_for(lambda: list(statuses.all()) == ["hall"], "the other one")
    teller.stop()
    assert statuses.all() == {}


def test_a_redis_that_is_away_is_told_later(
    teller: StatusTeller,
    statuses: CameraStatuses,
    seen: list[CameraStatus],
    wait_for: WaitFor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wait_for(lambda: list(statuses.all()) == ["door", "hall"], "both")
    asked: list[int] = []

    def away(*_: str) -> None:
        asked.append(1)
        raise BrokerUnavailable("It does not answer.")

    with monkeypatch.context() as patched:
        patched.setattr(statuses, "remove", away)
        teller.remove([seen.pop().name])
        wait_for(lambda: asked, "an attempt")
    wait_for(lambda: list(statuses.all()) == ["hall"], "another attempt")


def test_of_browsers_it_is_told_only_while_nobody_else_does(
    teller: StatusTeller, statuses: CameraStatuses, seen: list[CameraStatus], wait_for: WaitFor, redis: Redis
) -> None:
    phone = CameraStatus(name="phone", kind="browser", state="gone", reason="No browser sends.", since=1, fps=15)
    seen.append(phone)
    wait_for(lambda: "phone" in statuses.all(), "the name that waits")
    CameraStatuses(redis).put(phone.model_copy(update={"state": "live", "reason": None}))
    teller.changed()
    seen.pop(0)
    teller.remove(["hall"])
    wait_for(lambda: "hall" not in statuses.all(), "another round")
    assert statuses.all()["phone"].state == "live"
