"""Announcing work to workers, by task name: no producer imports a worker's code."""

from celery import Celery

from contracts.queues import ANALYZE_FRAME, DELIVER_WEBHOOK, LIVE, WEBHOOKS, broker_options
from contracts.settings import Settings
from contracts.storage.connections import translate_broker_errors
from contracts.storage.sentinels import asking_once

_CONNECTIONS = 4
_TIMEOUT_S = 5


class Dispatcher:
    """Sends Celery messages that carry ids only; image bytes never travel in a message."""

    def __init__(self, settings: Settings) -> None:
        """Prepare connections to the broker; none is opened yet."""
        self._app = Celery("mien", set_as_current=False)
        options = asking_once(broker_options(settings))
        options["broker_transport_options"] |= {"socket_timeout": _TIMEOUT_S}  # a server that hangs is not waited for
        self._app.conf.update(options)
        # Not Celery's own pool: all apps of a process that talk to the same address share that one, so that closing
        # it for one of them would leave the others waiting for a connection for ever.
        self._pool = self._app.connection_for_write().Pool(limit=_CONNECTIONS)

    def frame(self, camera: str, token: str) -> None:
        """Ask for an analysis of the camera's newest frame.

        Celery could let it expire, but by the clocks of two hosts; so `FrameStore.take` looks whether it is late.
        """
        self._send(ANALYZE_FRAME, (camera, token), LIVE, argsrepr=camera)

    def webhook(self, job_id: str) -> None:
        """Announce that the webhook of a final job is due."""
        self._send(DELIVER_WEBHOOK, (job_id,), WEBHOOKS, argsrepr=job_id)

    def close(self) -> None:
        """Close the connections to the broker."""
        self._pool.force_close_all()
        self._app.close()

    def _send(self, task: str, args: tuple[str, ...], queue: str, *, argsrepr: str) -> None:
        with translate_broker_errors(), self._pool.acquire(block=True, timeout=_TIMEOUT_S) as connection:
            self._app.send_task(
                task,
                args,
                connection=connection,
                queue=queue,
                argsrepr=argsrepr,  # what Flower shows
                kwargsrepr="",
                ignore_result=True,
                retry=False,
            )
