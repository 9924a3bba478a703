"""Names that producers and consumers share: queues, tasks, and how both talk to the broker."""

from typing import Any, Final

from contracts.redis_address import is_sentinel, kombu_sentinels, parse_sentinel, sentinel_options, tls_of
from contracts.settings import Settings

INTERACTIVE: Final = "interactive"
"""Jobs whose clients wait for the answer."""
BULK: Final = "bulk"
"""Jobs that no client waits for; they must never delay `INTERACTIVE`."""
LIVE: Final = "live"
"""Requests to analyse a camera's newest frame; they expire within seconds."""

WEBHOOKS: Final = "webhooks"
"""Results that a client's server is to be told of."""

JOB_QUEUES: Final = (INTERACTIVE, BULK)
QUEUES: Final = (INTERACTIVE, LIVE, WEBHOOKS, BULK)
"""All queues, most urgent first: kombu asks Redis for them in this order."""

ANALYZE_JOBS: Final = "analyze_jobs"
ANALYZE_FRAME: Final = "analyze_frame"
DELIVER_WEBHOOK: Final = "deliver_webhook"
TASKS: Final = (ANALYZE_JOBS, ANALYZE_FRAME, DELIVER_WEBHOOK)
"""Short names, because people read them in Flower. A test holds them against the worker's registry: Celery
accepts a misspelt name from a producer without a word."""


def analyses(queues: str) -> bool:
    """Whether a worker of these queues analyses anything: one that takes webhooks alone needs no network.

    Args:
        queues: as ``MIEN_WORKER_QUEUES`` has them; none: of a worker that did not say them.
    """
    return any(queue != WEBHOOKS for queue in queues.split(","))


def broker_options(settings: Settings) -> dict[str, Any]:
    """Celery configuration on which producers and consumers have to agree."""
    return {
        **_broker(settings.redis_url),
        "broker_transport_options": {
            # Priorities would rename the queue keys (`interactive\x06\x163`), and our scripts push to the bare ones.
            "priority_steps": [0],
            "queue_order_strategy": "priority",
            # Who has taken a message is noted nowhere, which would take two transactions each: it is a hint. Jobs
            # are announced again within three seconds, a webhook after a minute; a frame is worthless by then.
            "ack_emulation": False,
            "socket_connect_timeout": 3,
            "socket_keepalive": True,
            # Without it an event for Flower that goes into a connection that died silently, as behind a firewall that
            # has forgotten it, would stop the whole worker, for hours. Messages are waited for in another way: a dead
            # connection is noticed within twice the interval.
            "socket_timeout": 5,
            "health_check_interval": 5,
            **_sentinels(settings.redis_url),
        },
        "task_ignore_result": True,  # the job store keeps results; Celery's backend would keep them twice
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_default_queue": BULK,
        "task_create_missing_queues": True,
        "enable_utc": True,
    }


def _broker(url: str) -> dict[str, Any]:
    """The address as kombu and Flower take it: other schemes for Unix sockets and Sentinels, and options for TLS."""
    if url.startswith("unix://"):
        return {"broker_url": "redis+socket://" + url.removeprefix("unix://").replace("?db=", "?virtual_host=")}
    if url.startswith("rediss://"):
        # Verified in full if the address says nothing, where kombu would not at all.
        return {"broker_url": url.partition("?")[0], "broker_use_ssl": tls_of(url)}
    if is_sentinel(url):
        address = parse_sentinel(url)
        return {"broker_url": kombu_sentinels(address)} | ({"broker_use_ssl": dict(address.tls)} if address.tls else {})
    return {"broker_url": url}


def _sentinels(url: str) -> dict[str, Any]:
    """How kombu and Flower ask Sentinels for the master; nothing for another address."""
    if not is_sentinel(url):
        return {}
    address = parse_sentinel(url)
    return {"master_name": address.master, "sentinel_kwargs": sentinel_options(address)}
