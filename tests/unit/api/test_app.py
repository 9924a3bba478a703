"""The wiring: what a new application has, and what it asks of Redis."""

from flask import Flask

from api.http.upload import UploadRequest
from support.gateway import NO_SERVER, MakeApp


def test_an_application_starts_before_its_broker(make_app: MakeApp) -> None:
    assert make_app(redis_url=NO_SERVER).test_client().get("/ping").status_code == 200


def test_forms_have_room_for_all_images_and_their_options(make_app: MakeApp) -> None:
    app = make_app(max_job_images=7)
    assert app.request_class is UploadRequest
    assert app.config["MAX_FORM_PARTS"] > 7


def test_hooks_around_views_run_once_and_in_order(app: Flask) -> None:
    before = [hook.__qualname__ for hook in app.before_request_funcs[None]]
    assert before == [
        "_begin",  # the id first, so that all lines have it
        "_note_start",
        "refuse_surplus.<locals>.check",
        "check_hosts.<locals>.check",
        "refuse_cross_site.<locals>.check",
        "BrokerWatch.install.<locals>.begin",  # before what asks Redis
        "check_keys.<locals>.check",
        "install.<locals>.begin",  # after the keys: whose trace it is decides who is to be recorded
        "limit_requests.<locals>.begin",
        "BodyMemory._begin",
    ]
