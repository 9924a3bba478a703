"""Redis' time, asked for now and then."""

import pytest

from api.live.server_time import AGAIN_S, ServerTime


def test_the_time_goes_on_between_questions() -> None:
    asked, now = list[float](), [100.0]

    def ask() -> float:
        asked.append(now[0])
        now[0] += 0.2
        return now[0] + 5_000 - 0.1

    clock = ServerTime(ask, lambda: now[0])
    for _ in range(3):
        clock.refresh()
    assert asked == [100.0]
    now[0] += 3
    assert clock.now() == pytest.approx(now[0] + 5_000)
    now[0] += AGAIN_S
    clock.refresh()
    assert len(asked) == 2


def test_before_anything_was_asked_it_is_this_hosts() -> None:
    assert ServerTime(lambda: 0.0).now() > 1_700_000_000
