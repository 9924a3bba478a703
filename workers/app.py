"""The Celery app of a worker: configuration and thin tasks."""

import logging
import os
from typing import NoReturn

from celery import Celery
from kombu import Exchange, Queue

from contracts.errors import BrokerUnavailable, Overloaded
from contracts.logs import log_context
from contracts.queues import ANALYZE_FRAME, ANALYZE_JOBS, DELIVER_WEBHOOK, QUEUES, analyses, broker_options
from contracts.settings import Settings
from contracts.storage.sentinels import asking_once
from workers.periodic import EXIT_STUCK
from workers.services import Services

_MAX_LOGGED_RESULT = 100

logger = logging.getLogger(__name__)


def create_app(settings: Settings) -> Celery:
    """Build the app without its tasks: enough for Flower and for inspection."""
    app = Celery("mien", set_as_current=False)
    app.conf.update(asking_once(broker_options(settings)))
    app.conf.update(
        # A worker that is told to stop gives back the messages whose tasks have not ended, and takes no more of them
        # than it has threads. The job store makes running a task twice harmless.
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        worker_disable_prefetch=True,
        worker_consumer="workers.consumer:Consumer",
        # Redis may restart, or be full: wait for it instead of ending.
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_channel_error_retry=True,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        # What Flower shows.
        worker_send_task_events=True,
        task_track_started=True,
        task_queues=[Queue(name, Exchange(name), routing_key=name) for name in QUEUES],
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_log_color=False,
    )
    return app


def register_tasks(app: Celery, services: Services) -> None:
    """Bind the tasks to this process's models and stores. Each parses its message, works, and stores."""
    _register_delivery(app, services)
    if analyses(services.settings.worker_queues):
        _register_analyses(app, services)


def _register_analyses(app: Celery, services: Services) -> None:
    # They load OpenCV, and so does whatever they import.
    from models.batching import DeviceLost
    from workers.frames import analyze_frame
    from workers.jobs import analyze_jobs

    @app.task(name=ANALYZE_JOBS, shared=False)  # type: ignore[untyped-decorator]
    def _analyze_jobs(queue: str) -> str:
        try:
            with services.attention.taken():
                return analyze_jobs(services, queue)[:_MAX_LOGGED_RESULT]
        except (BrokerUnavailable, Overloaded) as error:  # for longer than one waits: the reconciler sees to them
            logger.warning("jobs of the queue %s are left to their leases: %s", queue, error)
            return "left to their leases"
        except DeviceLost as error:
            end_without(error)

    # Without events: some cameras are thousands of frames in minutes, among which nobody would find a photo in Flower.
    @app.task(name=ANALYZE_FRAME, shared=False, send_events=False)  # type: ignore[untyped-decorator]
    def _analyze_frame(camera: str, token: str) -> str:
        with log_context(camera=camera), services.attention.taken():
            if services.live_pause.paused:
                return "paused"  # the request stands until it is given up, so that capture asks no more often
            try:
                return analyze_frame(services, camera, token)[:_MAX_LOGGED_RESULT]
            except (BrokerUnavailable, Overloaded) as error:  # there will be newer ones
                logger.warning("a frame is dropped: %s", error)
                return "dropped"
            except DeviceLost as error:
                end_without(error)


def end_without(error: Exception) -> NoReturn:
    """End this process, for a fresh one to take over: its jobs are left to their leases, and none of them fails."""
    logger.critical("%s; this worker exits", error)
    os._exit(EXIT_STUCK)


def _register_delivery(app: Celery, services: Services) -> None:
    @app.task(name=DELIVER_WEBHOOK, shared=False)  # type: ignore[untyped-decorator]
    def _deliver_webhook(job_id: str) -> str:
        with log_context(job_id=job_id), services.attention.taken():
            try:
                return services.webhook_sender.begin(job_id)
            except (BrokerUnavailable, Overloaded) as error:
                logger.warning("the webhook of job %s is announced again: %s", job_id, error)
                return "announced again"
