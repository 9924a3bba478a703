"""Whether the broker answers, found out beside the requests: while it hangs, none of them waits to find out itself."""

import logging
import threading
from typing import Final

from flask import Flask, request
from redis import Redis

from api.http.endpoint import needs_broker
from contracts.errors import BrokerUnavailable
from contracts.storage.connections import check_connection, is_away, none_free

LOOK_EVERY_S: Final = 0.5
_FAILURES: Final = 2
"""In a row, after which it is away: one alone may be this process's, which was busy with something else."""

_LAST_S: Final = 3.0
"""A question ends by then: its client waits for a second to connect, and for another one to be answered."""

logger = logging.getLogger(__name__)


class BrokerWatch:
    """Asks the broker twice a second, on a thread that starts with the first request."""

    def __init__(self, redis: Redis) -> None:
        """Watch a server; nothing is sent yet.

        Args:
            redis: a client that waits for a second at most.
        """
        self._redis = redis
        self._failures = 0
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="broker-watch", daemon=True)

    @property
    def away(self) -> bool:
        """Whether the broker has not answered lately."""
        return self._failures >= _FAILURES

    def check(self) -> None:
        """Refuse what needs the broker while it is away.

        Raises:
            BrokerUnavailable: it is.
        """
        if self.away:
            raise BrokerUnavailable("The job store has not answered for a second or more; try again in a few seconds.")

    def look(self) -> None:
        """Ask once. An error is an answer: of a server that cannot write its file, say, which is read all the same.

        Where others had all connections, it was not asked, and what was known of it stays.
        """
        try:
            check_connection(self._redis)
        except BrokerUnavailable as error:
            if none_free(error):
                return
            self._failures = self._failures + 1 if is_away(error) else 0
            if self._failures == _FAILURES:
                logger.warning("requests are refused until Redis answers: %s", error)
        else:
            if self.away:
                logger.info("Redis answers again")
            self._failures = 0

    def install(self, app: Flask) -> None:
        """Refuse requests of this application that need the broker while that is away."""

        def begin() -> None:
            if needs_broker(request):
                self._start()
                self.check()

        app.before_request(begin)

    def close(self) -> None:
        """Ask no more; a question under way is waited for, as its connection is about to be closed."""
        self._stopped.set()
        with self._lock:
            if self._thread.ident is not None:
                self._thread.join(_LAST_S)

    def _start(self) -> None:
        with self._lock:
            if self._thread.ident is None and not self._stopped.is_set():
                self._thread.start()

    def _run(self) -> None:
        while not self._stopped.wait(LOOK_EVERY_S):
            self.look()
