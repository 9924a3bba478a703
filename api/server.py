"""The gateway's web server: gunicorn with gevent workers, set up in code so that no command line can weaken it."""

import logging
import math
import os
import shutil
import signal
import tempfile
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

import gevent
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.workers.ggevent import GeventWorker

from api.http.ended_processes import COUNTS, EndedProcesses
from api.http.proxies import TrustedProxies
from api.http.statuses import REQUEST_LINE_BYTES
from api.overload.connections import SPARE, Connection, ConnectionLimiter, allow_files
from api.overload.heap import give_back_large_blocks
from api.overload.transfer import AnswerSocket, BodyRateMiddleware
from contracts.errors import MienError
from contracts.metrics import SPANS, metric_key
from contracts.settings import Settings

if TYPE_CHECKING:
    from api.services import Services

_SPARE_S = 5
"""How much longer a stopping process has than a synchronous request may wait."""
_FLUSH_EVERY_S = 5.0
_PIECE = 64 * 1024
"""Bytes."""
_LAST_REQUESTS_S = 0.5
"""After a request to stop: what was on its way already is still served."""

_ENDED: Final = EndedProcesses()

logger = logging.getLogger(__name__)


def options(settings: Settings) -> dict[str, Any]:
    """Gunicorn's settings."""
    return {
        "bind": _addresses(settings),
        "workers": settings.gateway_processes,
        "worker_class": "api.server.GatewayWorker",
        "worker_connections": settings.max_connections + SPARE,  # beyond that none is accepted, not even to be told
        "timeout": 60,  # a process whose event loop hangs this long is replaced
        "graceful_timeout": math.ceil(settings.sync_timeout_s + settings.drain_s) + _SPARE_S,
        "keepalive": settings.idle_timeout_s,
        "limit_request_line": REQUEST_LINE_BYTES,
        "limit_request_fields": 50,
        "limit_request_field_size": 8_190,
        "loglevel": settings.log_level,
        "logger_class": GunicornLogger,
        "proc_name": "mien-gateway",
        "control_socket_disable": True,
        "child_exit": _take_over,
        "on_exit": _remove_counts,
        # What proxies forward is read by `api.http.proxies`; gunicorn itself would believe it of all of this machine,
        # a path that every other one is prefixed with (SCRIPT_NAME) included.
        "forwarded_allow_ips": "",
        "forwarder_headers": "",
        "secure_scheme_headers": {},
    }


def _addresses(settings: Settings) -> str | list[str]:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"{host}:{settings.port}"
    return [address, f"{host}:{settings.metrics_port}"] if settings.metrics_port else address


def _take_over(arbiter: Any, worker: Any) -> None:
    """A process has ended: what it has counted stays, how many clients it has does not."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
    _ENDED.add(Path(os.environ[COUNTS]), worker.pid, arbiter.WORKERS)


def _remove_counts(_: Any) -> None:
    """The gateway ends."""
    shutil.rmtree(os.environ.get(COUNTS, ""), ignore_errors=True)


class GunicornLogger(Logger):  # type: ignore[misc]
    """Gunicorn's own lines, sent where all lines of the process go."""

    def setup(self, cfg: Any) -> None:
        """Keep gunicorn's level and none of its handlers."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


class GatewayWorker(GeventWorker):  # type: ignore[misc]
    """On a request to stop, answers the clients that would otherwise hold it up until the time limit."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._idle: set[_Idle] = set()
        self._connections: dict[Any, Connection] = {}  # by the greenlet that serves it
        self._limiter: ConnectionLimiter | None = None

    def init_process(self) -> None:
        """Start; a request to stop that comes before gunicorn listens for it is heard, too."""
        signal.signal(signal.SIGTERM, self.handle_exit)
        super().init_process()

    def run(self) -> None:
        """Serve; what is counted meanwhile reaches Redis every few seconds, and the rest at the end."""
        give_back_large_blocks()
        flushing = gevent.spawn(self._flush_regularly)
        super().run()
        flushing.kill()
        self._services().tracing.close()
        self._flush()

    def timeout_ctx(self) -> gevent.Timeout:
        """Bounds the time a connection is kept without a request, the sending of the request's head included."""
        return _Idle(self.cfg.keepalive, self._idle, self._connections.get(gevent.getcurrent()))

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        """Serve a connection from its first request to its end."""
        if listener.getsockname()[1] == self._services().settings.metrics_port:  # never refused for what clients do
            super().handle(listener, client, addr)
            return
        if self._limiter is None:
            self._limiter = ConnectionLimiter(self._services().settings)
        connection = self._limiter.open(addr[0] if addr else "")
        self._connections[gevent.getcurrent()] = connection
        try:
            super().handle(listener, client, addr)
        finally:
            del self._connections[gevent.getcurrent()]
            self._limiter.close(connection)

    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> None:
        """Serve a request; its client has to read the answer."""
        connection = self._connections.get(gevent.getcurrent())
        refusal = connection.refusal if connection else None
        if refusal is not None or self._services().draining:  # a kept one would be closed under its next request
            req.force_close()
        answer_socket = AnswerSocket(sock, self._services().settings, refusal, req.force_close)
        super().handle_request(listener_name, req, answer_socket, addr)
        self._read_rest(req.body)

    def _read_rest(self, body: Any) -> None:
        """Throw away what a refused request sends on; gunicorn would do so without a turn for others in between."""
        with self.timeout_ctx():
            while body.read(_PIECE):
                gevent.sleep(0)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM: load balancers are told first, and requests are served until they have gone elsewhere.

        Then waiting clients get an answer, streams end, and idle connections are closed a moment later.
        """
        if not self.booted:  # nobody has connected, and what serves may be imported only in part
            super().handle_exit(sig, frame)
            return
        gevent.spawn(self._leave, sig)

    def _leave(self, sig: int) -> None:
        services = self._services()
        services.leave()
        gevent.sleep(services.settings.drain_s)
        super().handle_exit(sig, None)
        gevent.spawn_later(_LAST_REQUESTS_S, self._close_idle)
        services.drain()

    def _flush_regularly(self) -> None:
        while True:
            gevent.sleep(_FLUSH_EVERY_S)
            self._flush()

    def _flush(self) -> None:
        services = self._services()
        services.note_clients()
        with suppress(MienError):  # nothing was lost; the next flush tries again
            services.api_keys.flush()
            if spans := services.tracing.take_counts():
                services.counters.add({metric_key(SPANS, outcome=outcome): count for outcome, count in spans.items()})

    def _services(self) -> "Services":
        from api.services import services_of  # imports threads and sockets, which gevent has replaced by now

        return services_of(self.wsgi)

    def _close_idle(self) -> None:
        for idle in list(self._idle):
            idle.expire()


class _Idle(gevent.Timeout):  # type: ignore[misc]
    """A silent time limit that can be brought forward."""

    def __init__(self, seconds: float, members: "set[_Idle]", connection: Connection | None) -> None:
        super().__init__(seconds, False)
        self._members, self._connection = members, connection
        self._greenlet = gevent.getcurrent()

    def __enter__(self) -> Any:
        self._members.add(self)
        if self._connection is not None:
            self._connection.expire = self.expire
        return super().__enter__()

    def __exit__(self, *error: Any) -> Any:
        self._members.discard(self)
        if self._connection is not None:
            self._connection.expire = None
        return super().__exit__(*error)

    def expire(self) -> None:
        """End the wait now."""
        gevent.get_hub().loop.run_callback(self._throw)

    def _throw(self) -> None:
        if self in self._members:  # and not: a request has come in between, which is to be answered
            self._greenlet.throw(self)


class Gateway(BaseApplication):  # type: ignore[misc]
    """Gunicorn, running `create_app` in each of its processes."""

    def __init__(self, settings: Settings) -> None:
        TrustedProxies(settings.trusted_proxies)  # so that a wrong setting ends the start
        limit = allow_files(settings.max_connections)
        if limit < settings.max_connections:
            logger.warning(
                "the limit of open files allows %d connections, not MIEN_MAX_CONNECTIONS=%d",
                limit,
                settings.max_connections,
            )
        self._settings = settings.model_copy(update={"max_connections": limit})
        super().__init__(prog="python -m api")

    def load_config(self) -> None:
        """Take our options; the command line and gunicorn's environment are not read."""
        for name, value in options(self._settings).items():
            self.cfg.set(name, value)

    def run(self) -> None:
        """Serve. All processes count in one folder; they find it by the environment, which they inherit."""
        os.environ[COUNTS] = tempfile.mkdtemp(prefix="mien-metrics-")
        super().run()

    def load(self) -> Any:
        """The application, made after the worker has patched blocking calls."""
        from api.app import create_app
        from api.routes.metrics import MetricsPort

        app = create_app(self._settings)
        app.wsgi_app = BodyRateMiddleware(app.wsgi_app, self._settings)  # type: ignore[method-assign]
        if self._settings.metrics_port:
            app.wsgi_app = MetricsPort(app)  # type: ignore[method-assign]
        return app
