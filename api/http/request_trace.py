"""The gateway's part of a job's trace: a span a request, with parts for what the request waits for.

Requests that make jobs are traced always, others of the same scope only as parts of a trace that their client has
begun: a client that asks for its result every second would else begin a trace a second.

Whose traces: that of a client with an API key is continued as it comes, its wish to be recorded included. A stranger's
is so a few times a second, all strangers together; beyond that its header counts as not sent, and the sampler decides
as for everybody. A stranger's id would decide for the sampler otherwise, too: ratios go by the id. Where this process
traces nothing, a stranger's header goes along without its wish, which a worker that traces would follow.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, NamedTuple

from flask import Flask, Response, g, request

from api.http.endpoint import current_endpoint
from api.http.scopes import Scope
from contracts.errors import MienError
from contracts.jobs import Job, Origin
from contracts.logs import context_of, log_context
from contracts.tracing.spans import NO_SPAN, Span, Tracing
from contracts.tracing.traceparent import HEADER, TraceContext, parse_traceparent, trace_id_of

STRANGERS_A_SECOND: Final = 5.0
_BURST: Final = 10.0
_ATTRIBUTE: Final = "request_trace"


class _Current(NamedTuple):
    span: Span = NO_SPAN
    traceparent: str = ""
    """What is passed on with a job: the span, or where none is recorded what the client sent."""


_NOTHING: Final = _Current()
_CURRENT: ContextVar[_Current] = ContextVar("request_trace", default=_NOTHING)


class Allowance:
    """So many a second, and a few at once. Not thread-safe; greenlets do not interrupt it."""

    def __init__(self, a_second: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Have the whole burst ready; `clock` gives seconds and never goes back."""
        self._a_second, self._burst, self._clock = a_second, burst, clock
        self._left, self._at = burst, clock()

    def take(self) -> bool:
        """Whether there is one left; it is taken then."""
        now = self._clock()
        self._left, self._at = min(self._burst, self._left + (now - self._at) * self._a_second), now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def install(app: Flask, tracing: Tracing, known: Callable[[], bool]) -> None:
    """Trace requests. Called after the keys are looked at, as what is refused before has a span without parts.

    Args:
        app: counts the request's time from `api.http.request_id` on, which is installed before.
        tracing: records, or does not.
        known: whether the current request has shown a key.
    """
    strangers = Allowance(STRANGERS_A_SECOND, _BURST)

    def begin() -> None:
        sent = parse_traceparent(request.headers.get(HEADER, ""))
        span = _begin(tracing, sent, known, strangers)
        traceparent = span.traceparent or ("" if tracing.enabled else _passed_on(sent, known))
        g.log_context.enter_context(log_context(trace_id=trace_id_of(traceparent)))
        setattr(g, _ATTRIBUTE, _CURRENT.set(_Current(span, traceparent)))

    def note_status(response: Response) -> Response:
        if tracing.enabled and _ATTRIBUTE not in g:  # refused before its turn came
            begin()
        span = _CURRENT.get().span
        span.note({"http.response.status_code": response.status_code})
        g.failed = response.status_code >= 500
        return response

    def end(_: BaseException | None) -> None:
        token = g.pop(_ATTRIBUTE, None)
        if token is not None:
            _CURRENT.get().span.end(time.time(), "http" if g.get("failed", True) else "")
            _CURRENT.reset(token)

    app.before_request(begin)
    app.after_request(note_status)
    app.teardown_request(end)


def current_span() -> Span:
    """The span of the current request; one that records nothing if it has none."""
    return _CURRENT.get().span


def current_origin() -> Origin:
    """What a job's record says of the current request."""
    return Origin(context_of("request_id"), _CURRENT.get().traceparent)


def note_job(job: Job) -> None:
    """Say which job the current request made, or found."""
    span = _CURRENT.get().span
    if not span.recorded:
        return
    span.note({"mien.job.id": job.id, "mien.queue": job.queue, "mien.images": job.image_count})
    if trace_id_of(job.traceparent) != trace_id_of(span.traceparent):
        span.link(job.traceparent)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """What happens within the block is a part of the current request's span."""
    above = _CURRENT.get().span
    if not above.recorded:
        yield
        return
    part, error = above.begin(name, time.time()), ""
    try:
        yield
    except BaseException as reason:
        error = reason.code if isinstance(reason, MienError) else type(reason).__name__
        raise
    finally:
        part.end(time.time(), error)


def _passed_on(sent: TraceContext | None, known: Callable[[], bool]) -> str:
    if sent is None:
        return ""
    return sent._replace(sampled=sent.sampled and known()).header


def _begin(tracing: Tracing, sent: TraceContext | None, known: Callable[[], bool], strangers: Allowance) -> Span:
    endpoint = current_endpoint(request)
    if not tracing.enabled or endpoint is None or endpoint.scope is not Scope.ANALYZE:
        return NO_SPAN
    if sent is not None and sent.sampled and not known() and not strangers.take():
        sent = None
    if sent is None and request.method != "POST":
        return NO_SPAN
    rule = request.url_rule.rule if request.url_rule else ""
    attributes: dict[str, str | int] = {"http.request.method": request.method, "http.route": rule}
    if request.content_length is not None:
        attributes["http.request.body.size"] = request.content_length
    parent = sent.header if sent else ""
    return tracing.begin(f"{request.method} {rule}", g.begun_at, parent=parent, kind="server", attributes=attributes)
