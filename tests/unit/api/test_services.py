"""The parts of a gateway process, wired once."""

from flask import Flask

from api.services import connect_services, current_services, services_of
from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage.jobs import JobStore
from support.gateway import NO_SERVER


def test_one_connection_serves_both_unless_frames_are_elsewhere(settings: Settings) -> None:
    together = connect_services(settings)
    apart = connect_services(settings.model_copy(update={"frame_redis_url": NO_SERVER}))
    assert together.redis is together.frame_redis
    assert apart.redis is not apart.frame_redis
    together.close()
    apart.close()


def test_a_view_finds_the_services_of_its_application(app: Flask) -> None:
    with app.app_context():
        assert current_services() is services_of(app)


def test_draining_ends_waits_and_streams_and_can_be_repeated(settings: Settings, jobs: JobStore) -> None:
    services = connect_services(settings)
    stream = services.video.stream(None)
    next(stream)
    job = jobs.create([b"x"], BULK)
    services.drain()
    assert services.waiting.wait(job.id, 600) == jobs.get(job.id)
    assert len(list(stream)) <= 1
    services.close()
