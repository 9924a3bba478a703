"""One process of many at a time."""

from redis import Redis

from contracts.storage.turns import take_turn


def test_who_asks_keeps_the_turn_and_it_passes_on_when_nobody_does(redis: Redis) -> None:
    assert [take_turn(redis, "turn", process, 5) for process in ("a", "a", "b")] == [True, True, False]
    redis.pexpire("turn", 1_000)
    assert take_turn(redis, "turn", "a", 5)
    assert 1_000 < redis.pttl("turn") <= 5_000, "it is prolonged"
    redis.delete("turn")
    assert [take_turn(redis, "turn", process, 5) for process in ("b", "a")] == [True, False]
