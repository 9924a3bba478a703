"""One client a channel, for every address that Mien takes; another one once its pool is gone."""

import pytest
from celery import Celery
from kombu import Connection

from contracts.queues import broker_options
from contracts.settings import Settings
from contracts.storage.transport import Channel, use_kept_clients


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "rediss://127.0.0.1:1/0", "unix:///run/mien/redis.sock"])
def test_every_address_leads_to_channels_that_keep_their_client(url: str) -> None:
    use_kept_clients()
    app = Celery(set_as_current=False)
    app.conf.update(broker_options(Settings(redis_url=url)))
    with app.connection_for_write() as connection:
        assert connection.transport.Channel is Channel


def test_a_channel_sends_with_one_client_and_makes_another_for_another_pool(settings: Settings) -> None:
    use_kept_clients()
    with Connection(settings.redis_url) as connection:
        channel = connection.default_channel
        with channel.conn_or_acquire() as first, channel.conn_or_acquire() as second:
            assert first is second
            assert first.ping()
        channel._disconnect_pools()  # as a channel does when its connection is lost, and after a fork
        with channel.conn_or_acquire() as third:
            assert third is not first
            assert third.ping()
