"""How Flower listens to workers' events when Redis has been away."""

import logging
import time
from typing import Final

from celery.events import EventReceiver
from flower.events import Events

_AGAIN_S: Final = 2.0

logger = logging.getLogger(__name__)


class SteadyEvents(Events):  # type: ignore[misc]  # Flower is not typed
    """Listens again two seconds after a connection was lost, however long Redis was away.

    Flower's own thread doubles its pause without a bound: after an outage of ten minutes it would miss up to seventeen
    more, and all workers would be offline meanwhile.
    """

    def run(self) -> None:
        """Listen until the process ends; called on a thread of its own."""
        while True:
            try:
                with self.capp.connection() as connection:
                    receiver = EventReceiver(connection, handlers={"*": self.on_event}, app=self.capp)
                    receiver.capture(limit=None, timeout=None, wakeup=True)
            except Exception as error:  # whatever it is, the next try is the cure
                logger.warning("workers' events are listened for again in %g s: %s", _AGAIN_S, error)
                time.sleep(_AGAIN_S)
