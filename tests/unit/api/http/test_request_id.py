"""Request ids: the client's own or a new one, in the answer and in every log line."""

import logging

import pytest
from flask import Blueprint, Flask, Response

from api.app import BLUEPRINTS, create_app
from api.http.endpoint import NO_BODY, PUBLIC, UNDESCRIBED, endpoint
from api.http.request_id import LONGEST
from api.services import services_of
from contracts.logs import TextFormatter
from contracts.settings import Settings
from support.gateway import MakeApp


@pytest.mark.parametrize("sent", ["a", "0af7651916cd43dd8448eb211c80319c", "Root=1-67:a/b_c.d+e@f", "x" * LONGEST])
def test_an_id_from_the_client_comes_back(app: Flask, sent: str) -> None:
    assert app.test_client().get("/ping", headers={"X-Request-ID": sent}).headers["X-Request-ID"] == sent


@pytest.mark.parametrize("sent", ["", "two words", "x" * (LONGEST + 1), 'a"b', "a\tb", "ä", "a%0ab", "{}"])
def test_an_id_that_may_not_stand_in_a_log_is_replaced(app: Flask, sent: str) -> None:
    given = app.test_client().get("/ping", headers={"X-Request-ID": sent}).headers["X-Request-ID"]
    assert given != sent
    assert len(given) == 32


def test_every_request_has_another_id_and_errors_have_one_too(app: Flask) -> None:
    client = app.test_client()
    addresses = ["/ping", "/ping", "/nowhere", "/v1/jobs/never", "/detect_emotion"]
    assert len({client.get(address).headers["X-Request-ID"] for address in addresses}) == len(addresses)


def test_a_refused_client_gets_its_id_back(make_app: MakeApp) -> None:
    refused = make_app(require_keys=True).test_client().get("/metrics", headers={"X-Request-ID": "mine"})
    assert (refused.status_code, refused.headers["X-Request-ID"]) == (401, "mine")


def test_pages_of_other_origins_may_send_and_read_it(make_app: MakeApp) -> None:
    client = make_app(cors_origins="https://app.example").test_client()
    origin = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    preflight = client.options("/v1/jobs", headers=origin)
    assert "X-Request-ID" in preflight.headers["Access-Control-Allow-Headers"]
    assert "X-Request-ID" in preflight.headers["Access-Control-Expose-Headers"]


def test_what_is_logged_meanwhile_has_the_id_and_what_is_logged_later_has_not(settings: Settings) -> None:
    lines: list[str] = []
    logger = logging.getLogger("tests.request_id")
    formatter = TextFormatter("%(message)s")

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(formatter.format(record))

    @endpoint(scope=PUBLIC, owned=False, rate_limited=False, body=NO_BODY, operation=UNDESCRIBED)
    def talk() -> Response:
        logger.warning("during")
        return Response()

    blueprint = Blueprint("talk", __name__)
    blueprint.get("/talk")(talk)
    app = create_app(settings, (*BLUEPRINTS, blueprint))
    handler = Collect()
    logger.addHandler(handler)
    app.test_client().get("/talk", headers={"X-Request-ID": "r-17"})
    logger.warning("after")
    logger.removeHandler(handler)
    services_of(app).close()
    assert lines == ["during [request_id r-17]", "after"]
