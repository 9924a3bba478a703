"""How often a client may call the views that declare themselves rate-limited, and how many images it may send.

A request counts one, and a job as many as it has images: the first of them is the request's own.
"""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any, Final, cast

from flask import Flask, Response, current_app
from flask_limiter import Limiter, RequestLimit
from flask_limiter.errors import RateLimitExceeded
from redis import ConnectionPool, Redis
from redis.exceptions import RedisError

from api.access.authentication import client_name, current_key
from api.http.endpoint import View, declaration_of
from api.http.problems import problem_response
from contracts.errors import QuotaExceeded, TooManyImages
from contracts.settings import Settings

TOLD_EVERY_S: Final = 10.0
"""That rates are not counted, while they are not."""
_EXTENSION: Final = "mien_rates"


def limit_rates(app: Flask, settings: Settings, pool: ConnectionPool) -> None:
    """Count the calls of each client, at all gateways together.

    Args:
        app: has all its views already.
        settings: the rate of clients whose key names none.
        pool: connections to the broker. They wait for a free one; the library's own would raise an error, which lets
            the request through.
    """
    limiter = Limiter(
        key_func=client_name,
        storage_uri="redis://",  # says which library; where to, the pool knows
        storage_options=cast(Any, {"connection_pool": pool}),
        strategy="moving-window",
        key_prefix="mien",
        swallow_errors=True,  # without a broker the request itself says so
    )
    limiter.init_app(app)
    limiter.logger.addFilter(_IN_ONE_LINE)
    # Its hook looks for limits on all views, of which there are none.
    app.before_request_funcs[None].remove(limiter._check_request_limit)
    app.extensions[_EXTENSION] = ImageCounter(limiter, Redis(connection_pool=pool))

    def rate() -> str:
        key = current_key()
        return (key.rate if key else "") or settings.rate_limit

    limited = limiter.shared_limit(rate, scope="client", exempt_when=lambda: not rate())
    for name, view in app.view_functions.items():
        if declaration_of(view).rate_limited:
            app.view_functions[name] = _limited(view, cast(Any, limited(view)), rate)

    def exceeded(error: RateLimitExceeded) -> Response:
        reset_at = limiter.current_limit.reset_at if limiter.current_limit else 0
        sentence = f"More requests than the {error.description} that are allowed."
        return problem_response(QuotaExceeded(sentence, retry_after=reset_at - time.time()))

    app.register_error_handler(RateLimitExceeded, exceeded)


def _limited(view: View, limited: View, rate: Callable[[], str]) -> View:
    """The library's view for clients that have a rate; the others, most of a busy gateway's, do without its work."""

    @wraps(view)
    def call(**arguments: Any) -> Any:
        return (limited if rate() else view)(**arguments)

    return cast(View, call)


class InOneLine(logging.Filter):
    """Tells in one line, and not for each request, that Redis does not count; the library logs a traceback for each."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Tell it at once when it happens; `clock` gives seconds."""
        super().__init__()
        self._clock, self._again_at = clock, float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is to be logged; one of an error of Redis' is changed."""
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, RedisError):
            return True
        record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
        record.msg, record.args = "requests are not counted to the rates of their clients: %s", (error,)
        record.exc_info = record.exc_text = None
        now = self._clock()
        if now < self._again_at:
            return False
        self._again_at = now + TOLD_EVERY_S
        return True


_IN_ONE_LINE: Final = InOneLine()
"""The library's log is one for all applications of a process."""


class ImageCounter:
    """Counts the images of a job beside the request that brings them, which has been counted as one already."""

    def __init__(self, limiter: Limiter, redis: Redis) -> None:
        """Use the windows of the limiter, in this Redis."""
        self._limiter, self._redis = limiter, redis

    def count(self, images: int) -> None:
        """Count them towards the rate of the current request's client, if it has one; raises as `count_images`."""
        rate = self._limiter.current_limit
        if images <= 1 or rate is None:
            return
        if images > rate.limit.amount:
            raise TooManyImages(
                f"The job has {images} images, more than this client may ever send at once: its rate is {rate.limit}. "
                "Send smaller jobs."
            )
        more = images - 1
        with suppress(RedisError):  # without a broker the request itself says so
            if self._limiter.limiter.hit(rate.limit, *rate.request_args, cost=more):
                return
            raise QuotaExceeded(
                f"With the {images} images of this job, more than the {rate.limit} that are allowed.",
                retry_after=self._free_at(rate, more) - time.time(),
            )

    def _free_at(self, rate: RequestLimit, amount: int) -> float:
        """When so many more may be counted: once the entry has expired that the last of them would have to replace."""
        key = cast(Any, self._limiter.storage).prefixed_key(rate.key)
        counted_at = self._redis.lindex(key, rate.limit.amount - amount)
        return float(counted_at or 0) + rate.limit.get_expiry()

    def allowance(self) -> Callable[[], str]:
        """See `picture_allowance`."""
        rate = self._limiter.current_limit
        if rate is None:
            return lambda: ""
        limit, names = rate.limit, list(rate.request_args)

        def count() -> str:
            with suppress(RedisError):
                if not self._limiter.limiter.hit(limit, *names):
                    return f"More pictures than the {limit} that are allowed."
            return ""

        return count


def picture_allowance() -> Callable[[], str]:
    """Counts pictures that come after the current request, towards its client's rate.

    Returns:
        To be called for each picture; says why it is one too many, or nothing if it is not.
    """
    return cast(ImageCounter, current_app.extensions[_EXTENSION]).allowance()


def count_images(images: int) -> None:
    """Count the images of a job towards the rate of the current request's client.

    Raises:
        QuotaExceeded: with the time after which there is capacity for all of them.
        TooManyImages: there never will be.
    """
    cast(ImageCounter, current_app.extensions[_EXTENSION]).count(images)
