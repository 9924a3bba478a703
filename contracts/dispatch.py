"""Announcing work to workers, by task name: no producer imports a worker's code."""

from celery import Celery

from contracts.connections import translated_broker
from contracts.queues import ANALYZE_FRAME, ANALYZE_JOB, DELIVER_WEBHOOK, LIVE, WEBHOOKS, broker_options
from contracts.settings import Settings

_FRAME_EXPIRES_S = 2


class Dispatcher:
    """Sends Celery messages that carry ids only; image bytes never travel in a message."""

    def __init__(self, settings: Settings) -> None:
        self._app = Celery("mien", set_as_current=False)
        self._app.conf.update(broker_options(settings))

    def job(self, job_id: str, queue: str) -> None:
        """Announce a stored job. A lost announcement delays the job, it does not lose it.

        Raises:
            BrokerUnavailable: the message could not be sent; the reconciler will send it again.
        """
        self._send(ANALYZE_JOB, (job_id,), queue, argsrepr=job_id)

    def frame(self, camera: str, token: str) -> None:
        """Ask for an analysis of the camera's newest frame; worthless after two seconds, so it expires then."""
        self._send(ANALYZE_FRAME, (camera, token), LIVE, argsrepr=camera, expires=_FRAME_EXPIRES_S)

    def webhook(self, job_id: str) -> None:
        """Announce that the webhook of a final job is due."""
        self._send(DELIVER_WEBHOOK, (job_id,), WEBHOOKS, argsrepr=job_id)

    def close(self) -> None:
        """Close the connections to the broker."""
        # Celery would leave the sockets to the garbage collector. The pool itself is shared by all apps of this URL,
        # so it is filled anew: whoever takes a connection from an empty one waits for ever.
        pool = self._app.pool
        pool.resize(pool.limit, reset=True)
        self._app.close()

    def _send(self, task: str, args: tuple[str, ...], queue: str, *, argsrepr: str, expires: int | None = None) -> None:
        with translated_broker():
            self._app.send_task(
                task,
                args,
                queue=queue,
                argsrepr=argsrepr,  # what Flower shows
                kwargsrepr="",
                expires=expires,
                ignore_result=True,
                retry=False,
            )
