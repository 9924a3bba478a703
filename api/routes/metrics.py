"""``/metrics`` of this gateway and ``/metrics/system`` of all, in Prometheus' text format."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Flask, Response
from prometheus_client import CONTENT_TYPE_LATEST

from api.http.endpoint import NO_BODY, Operation, ResponseSpec, endpoint, without_broker
from api.http.scopes import Scope
from api.metrics.families import page_of
from api.metrics.gateway import gateway_families
from api.services import Services, current_services, services_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
@without_broker
@endpoint(
    scope=Scope.OPERATE,
    owned=False,
    rate_limited=False,
    body=NO_BODY,
    operation=Operation(
        id="metrics",
        summary="This gateway, all of its processes together, in Prometheus' text format",
        tag="operation",
        responses={200: ResponseSpec("Scraped of every gateway.", {"type": "string"}, "text/plain")},
    ),
)
def metrics() -> Response:
    """What this gateway has counted, and what it takes."""
    return _text(of_gateway(current_services()))


@blueprint.get("/metrics/system")
@without_broker
@endpoint(
    scope=Scope.OPERATE,
    owned=False,
    rate_limited=False,
    body=NO_BODY,
    operation=Operation(
        id="systemMetrics",
        summary="The whole system, in Prometheus' text format",
        tag="operation",
        responses={200: ResponseSpec("The same from every gateway: scraped of one.", {"type": "string"}, "text/plain")},
    ),
)
def system_metrics() -> Response:
    """What Redis tells: workers, queues, cameras, and itself."""
    return _text(of_system(current_services()))


def of_gateway(services: Services) -> bytes:
    """The page of this gateway."""
    services.note_clients()
    return page_of(gateway_families(services.request_metrics))


def of_system(services: Services) -> bytes:
    """The page of the system; also while Redis is away."""
    return page_of(services.system_metrics.collect())


class MetricsPort:
    """Serves the two pages, and nothing else, at a port of their own, without a key; all else goes on to the gateway.

    Which port a request came to, the socket says (`SERVER_PORT`), and no header.
    """

    def __init__(self, app: Flask) -> None:
        """Stand before everything that this application has."""
        self._next, self._services = app.wsgi_app, services_of(app)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        """Answer a request."""
        if environ["SERVER_PORT"] != str(self._services.settings.metrics_port):
            return self._next(environ, start_response)
        page = _PAGES.get(environ.get("PATH_INFO", ""))
        if page is None or environ["REQUEST_METHOD"] != "GET":
            answer = Response("Here are GET /metrics and GET /metrics/system.\n", 404, mimetype="text/plain")
        else:
            answer = _text(page(self._services))
        return answer(environ, start_response)


_PAGES: Final[dict[str, Callable[[Services], bytes]]] = {"/metrics": of_gateway, "/metrics/system": of_system}


def _text(page: bytes) -> Response:
    return Response(page, content_type=CONTENT_TYPE_LATEST)
