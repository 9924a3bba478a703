"""Who sends as a camera, on a real server."""

import pytest
from redis import Redis

from contracts.errors import BrokerUnavailable
from contracts.storage import keys
from contracts.storage.connections import connect
from contracts.storage.senders import HELD_S, SenderStore


@pytest.fixture
def names(redis: Redis) -> SenderStore:
    return SenderStore(redis)


def test_a_name_is_one_senders_until_it_gives_it_back(names: SenderStore) -> None:
    assert not names.held("hall")
    assert names.hold("hall", "a")
    assert names.hold("hall", "a"), "it holds it on"
    assert not names.hold("hall", "b")
    assert not names.leave("hall", "b")
    assert names.held("hall"), "nobody gives back what another one has"
    assert names.leave("hall", "a")
    assert names.hold("hall", "b")


def test_a_name_that_is_not_held_on_is_free_within_seconds(names: SenderStore, redis: Redis) -> None:
    names.hold("hall", "a")
    assert 0 < redis.pttl(keys.sender("hall")) <= 1000 * HELD_S <= 5_000


def test_a_server_that_is_away_is_an_error_of_its_own() -> None:
    names = SenderStore(connect("redis://127.0.0.1:1/0", name="tests"))
    for ask in (lambda: names.hold("hall", "a"), lambda: names.leave("hall", "a"), lambda: names.held("hall")):
        with pytest.raises(BrokerUnavailable):
            ask()
