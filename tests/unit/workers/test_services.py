"""What tasks work with: models that are there, stores on the right servers."""

import pytest

from contracts.errors import ConfigurationError
from contracts.settings import Settings
from contracts.storage.connections import check_connection
from contracts.views import DEFAULT
from models import Analyzer
from workers.services import connect_services, load_models


def test_a_model_that_does_not_exist_is_told_before_anything_starts() -> None:
    with pytest.raises(ConfigurationError, match="foo"):
        load_models(Settings(model="foo"))


def test_every_worker_has_a_name_of_its_own(settings: Settings, analyzer: Analyzer) -> None:
    one, other = (connect_services(settings, analyzer) for _ in range(2))
    assert one.name != other.name
    for services in (one, other):
        services.close()


def test_frames_have_a_server_of_their_own_where_the_settings_say_so(redis_url: str, analyzer: Analyzer) -> None:
    settings = Settings(redis_url=redis_url, frame_redis_url=f"{redis_url.removesuffix('/0')}/1")
    services = connect_services(settings, analyzer)
    check_connection(services.redis)
    check_connection(services.frame_redis)
    services.frames.views.want("cam", [DEFAULT])
    assert services.frame_redis.dbsize() == 2
    assert services.redis.dbsize() == 0
    services.close()
