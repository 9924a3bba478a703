"""The gateway as a Flask application. Importing this module loads no image library but Pillow, and no network."""

from collections.abc import Iterable
from typing import Final

from flask import Blueprint, Flask

from api.access.authentication import check_keys, client_name, key_id
from api.access.cors import Origins, allow_origins
from api.access.failures import Failures
from api.access.hosts import check_hosts
from api.access.ownership import protect_jobs
from api.access.rate_limits import limit_rates
from api.access.security_headers import add_security_headers
from api.access.sites import refuse_cross_site
from api.http import request_id, request_trace
from api.http.endpoint import check_endpoints
from api.http.problems import register_error_handlers
from api.http.proxies import ForwardedMiddleware, TrustedProxies
from api.http.upload import UploadRequest
from api.http.websocket_upgrade import AnyRequestMap
from api.overload.requests_in_progress import limit_requests
from api.overload.surplus import refuse_surplus
from api.routes import (
    cameras,
    detect,
    docs,
    events,
    health,
    history,
    ingest,
    jobs,
    live,
    metrics,
    page,
    status,
    webhooks,
)
from api.services import Services, connect_services
from contracts.settings import Settings

_ROUTES: Final = (page, detect, jobs, cameras, history, events, ingest, live, webhooks, docs, health, metrics, status)
BLUEPRINTS: Final = tuple(module.blueprint for module in _ROUTES)
_MOST_FORM_FIELDS: Final = 100
"""Parts of a form beside the images of a job."""


def create_app(settings: Settings, blueprints: Iterable[Blueprint] = BLUEPRINTS) -> Flask:
    """Wire one gateway. Nothing is asked of Redis until the first request.

    Raises:
        TypeError: a view does not declare what `api.http.endpoint` asks of every view.
    """
    app = Flask("api", static_folder=None)
    app.request_class = UploadRequest
    # Slashes stay as they are: the redirect from `/page//x` to `/page/x` would name the client's Host.
    app.url_map = AnyRequestMap(merge_slashes=False)
    app.config.update(
        MAX_CONTENT_LENGTH=settings.max_body_bytes,
        MAX_FORM_MEMORY_SIZE=settings.max_body_bytes,
        MAX_FORM_PARTS=settings.max_job_images + _MOST_FORM_FIELDS,
    )
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    check_endpoints(app)
    services = connect_services(settings)
    services.attach(app)
    _add_hooks(app, services)
    app.wsgi_app = ForwardedMiddleware(app.wsgi_app, TrustedProxies(settings.trusted_proxies))  # type: ignore[method-assign]
    return app


def _add_hooks(app: Flask, services: Services) -> None:
    """What happens around every view. Hooks before it run in this order, hooks after it in the opposite one."""
    settings, origins = services.settings, Origins(services.settings.cors_origins)
    request_id.install(app)
    register_error_handlers(app)
    services.request_metrics.install(app)
    refuse_surplus(app)
    check_hosts(app, settings)
    refuse_cross_site(app, origins)
    services.broker_watch.install(app)  # before what asks Redis
    check_keys(app, services.api_keys, services.live_tokens, Failures(), required=settings.require_keys)
    request_trace.install(app, services.tracing, lambda: bool(key_id()))
    add_security_headers(app)
    allow_origins(app, origins)
    protect_jobs(app, services.jobs)
    limit_rates(app, settings, services.redis.connection_pool)
    limit_requests(app, services.requests, client_name)
    services.body_memory.install(app)  # after the keys: clients without one hold nothing
