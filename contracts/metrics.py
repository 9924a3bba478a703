"""Prometheus metrics: every name, what it means, and how those that many processes add to are kept.

Two pages show them. A gateway's own (``/metrics``) tells of that gateway alone, all its processes together; it is
scraped of each and may be summed. The system's (``/metrics/system``) is read from Redis, is the same from every
gateway, and is scraped once. Workers have no port: what they count goes into a hash in Redis, its fields named by
`metric_key`.

Names are Prometheus' way: base units, ``_total`` for what only grows. docs/monitoring.md lists them for people; a test
holds it, the pages and the rules against this module.
"""

import re
from bisect import bisect_left
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["counter", "gauge", "histogram"]
Page = Literal["gateway", "system"]


@dataclass(frozen=True)
class Metric:
    """What one name means."""

    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    page: Page = "system"
    buckets: tuple[float, ...] = ()
    """Upper ends, of a histogram."""
    shared: bool = False
    """Whether processes add to it in Redis."""


JOBS_FINISHED: Final = "mien_jobs_finished_total"
JOBS_FAILED: Final = "mien_jobs_failed_total"
JOBS_BEGUN: Final = "mien_jobs_begun_total"
JOBS_RETRIED: Final = "mien_jobs_requeued_total"
JOBS_ANALYZED: Final = "mien_jobs_analyzed_total"
JOB_WAIT: Final = "mien_job_wait_seconds"
JOB_DURATION: Final = "mien_job_duration_seconds"
BATCH_JOBS: Final = "mien_batch_jobs"
BATCH_IMAGES: Final = "mien_batch_images"
WAKEUPS_SENT: Final = "mien_wakeups_sent_total"
IMAGES_ANALYZED: Final = "mien_images_analyzed_total"
IMAGES_DONE: Final = "mien_images_done_total"
FACES_FOUND: Final = "mien_faces_found_total"
FRAMES_ANALYZED: Final = "mien_frames_analyzed_total"
FRAMES_STALE: Final = "mien_frames_stale_total"
FRAMES_DRAWN: Final = "mien_frames_drawn_total"
VIEWS_ENCODED: Final = "mien_views_encoded_total"
STAGE_SECONDS: Final = "mien_stage_seconds_total"
STAGE_CPU_SECONDS: Final = "mien_stage_cpu_seconds_total"
STAGE_DURATION: Final = "mien_stage_duration_seconds"
WEBHOOKS_TRIED: Final = "mien_webhooks_tried_total"
SPANS: Final = "mien_spans_total"

HTTP_REQUESTS: Final = "mien_http_requests_total"
HTTP_DURATION: Final = "mien_http_request_duration_seconds"
HTTP_PROBLEMS: Final = "mien_http_problems_total"
JOBS_ACCEPTED: Final = "mien_jobs_accepted_total"
IMAGES_ACCEPTED: Final = "mien_images_accepted_total"
JOBS_REFUSED: Final = "mien_jobs_refused_total"
JOBS_WAITED_FOR: Final = "mien_jobs_waited_for"
VIEWERS: Final = "mien_viewers"
SENDERS: Final = "mien_senders"

REFUSALS: Final = {
    "redis_memory": "Redis is nearly full",
    "redis_file": "Redis cannot write its file",
    "depth": "MIEN_MAX_QUEUE_DEPTH",
    "open_bytes": "MIEN_MAX_OPEN_BYTES",
    "queue_share": "MIEN_BULK_SHARE of the open bytes or pixels",
    "annotated_bytes": "MIEN_MAX_ANNOTATED_BYTES",
    "wait": "the predicted wait is too long",
    "too_many_images": "one interactive job of too many images",
    "client_share": "the client has its share already",
    "store": "the gateway stores too many jobs at a time, or Redis takes too long",
}
"""Why a job is held back: the reason as metrics have it, and what it stands for."""

_SECONDS_OF_REQUESTS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_SECONDS_OF_JOBS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 3600.0)
_SECONDS_OF_STAGES: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)

_SHARED: Final = {
    JOBS_FINISHED: Metric("counter", "Jobs that reached a final state in a worker, by state.", ("state",)),
    JOBS_FAILED: Metric("counter", "Jobs that ended as failed, by the code of the error.", ("code",)),
    JOBS_BEGUN: Metric("counter", "Times that a worker has begun a job: its attempts, by queue.", ("queue",)),
    JOBS_RETRIED: Metric("counter", "Jobs put back into their queues because their worker died."),
    JOBS_ANALYZED: Metric("counter", "Jobs that workers have analysed, by queue.", ("queue",)),
    WAKEUPS_SENT: Metric(
        "counter", "Messages sent because jobs waited and none was left: lost, or just then in a worker's hands."
    ),
    IMAGES_ANALYZED: Metric("counter", "Images of jobs analysed."),
    IMAGES_DONE: Metric(
        "counter", "Images that workers are done with, those that cannot be analysed included, by queue.", ("queue",)
    ),
    FACES_FOUND: Metric("counter", "Faces found in images and frames."),
    FRAMES_ANALYZED: Metric("counter", "Live frames analysed, by camera.", ("camera",)),
    FRAMES_STALE: Metric(
        "counter", "Live frames skipped because a newer one had been analysed, by camera.", ("camera",)
    ),
    FRAMES_DRAWN: Metric(
        "counter", "Live frames of which at least one view was made for viewers, by camera.", ("camera",)
    ),
    VIEWS_ENCODED: Metric(
        "counter",
        "Pictures encoded for viewers, once a frame and form in which it is watched, by camera.",
        ("camera",),
    ),
    STAGE_SECONDS: Metric("counter", "Worker time by stage of the analysis, in seconds.", ("stage",)),
    STAGE_CPU_SECONDS: Metric(
        "counter",
        "CPU time of workers' threads by stage of the analysis, and for storing jobs, in seconds.",
        ("stage",),
    ),
    WEBHOOKS_TRIED: Metric(
        "counter", "Deliveries of webhooks tried, by outcome: delivered, later (it failed), given up.", ("outcome",)
    ),
    SPANS: Metric("counter", "Spans of traces, by outcome: exported, dropped (the collector is slow).", ("outcome",)),
    JOB_WAIT: Metric(
        "histogram", "Time from a job's acceptance to its first claim, by queue.", ("queue",), buckets=_SECONDS_OF_JOBS
    ),
    JOB_DURATION: Metric(
        "histogram",
        "Time from a job's acceptance to its stored result, by queue.",
        ("queue",),
        buckets=_SECONDS_OF_JOBS,
    ),
    BATCH_JOBS: Metric("histogram", "Jobs that a claim gave, by queue.", ("queue",), buckets=(1, 2, 3, 4, 6, 8)),
    BATCH_IMAGES: Metric(
        "histogram", "Images that a claim gave, by queue.", ("queue",), buckets=(1, 2, 4, 8, 16, 32, 64, 100)
    ),
    STAGE_DURATION: Metric(
        "histogram", "Time that a stage of one image's analysis took, by stage.", ("stage",), buckets=_SECONDS_OF_STAGES
    ),
}
_GATEWAY: Final = {
    HTTP_REQUESTS: Metric("counter", "Requests answered, by method, route and status.", ("method", "route", "status")),
    HTTP_DURATION: Metric(
        "histogram",
        "Time from a request's head to the head of its answer, by method and route.",
        ("method", "route"),
        buckets=_SECONDS_OF_REQUESTS,
    ),
    HTTP_PROBLEMS: Metric("counter", "Requests answered with a problem, by its code.", ("code",)),
    JOBS_ACCEPTED: Metric("counter", "Jobs stored, by queue.", ("queue",)),
    IMAGES_ACCEPTED: Metric("counter", "Images of jobs stored, by queue.", ("queue",)),
    JOBS_REFUSED: Metric("counter", "Jobs held back, by queue and reason.", ("queue", "reason")),
    JOBS_WAITED_FOR: Metric("gauge", "Clients that wait for a job at this gateway."),
    VIEWERS: Metric("gauge", "Viewers at this gateway, by camera.", ("camera",)),
    SENDERS: Metric("gauge", "Browsers that send their camera to this gateway."),
    "mien_gateway_processes": Metric("gauge", "Processes of this gateway that serve."),
    "mien_build_info": Metric("gauge", "Always 1; the version is in the label.", ("version",)),
}
_WORKER: Final = ("worker",)
_SERVER: Final = ("server",)
_SYSTEM: Final = {
    "mien_queue_depth": Metric("gauge", "Jobs, or messages, that wait, by queue.", ("queue",)),
    "mien_queue_oldest_seconds": Metric(
        "gauge", "For how long the oldest job of a queue has waited; 0 without one.", ("queue",)
    ),
    "mien_queue_waiting_images": Metric("gauge", "Images of jobs that no worker has begun, by queue.", ("queue",)),
    "mien_queue_predicted_wait_seconds": Metric(
        "gauge", "How long a job accepted now would wait, as admission predicts it, by queue.", ("queue",)
    ),
    "mien_jobs_open": Metric("gauge", "Jobs accepted and not yet final."),
    "mien_open_image_bytes": Metric("gauge", "Bytes of images of unfinished jobs (MIEN_MAX_OPEN_BYTES)."),
    "mien_annotated_image_bytes": Metric("gauge", "Bytes of annotated images kept (MIEN_MAX_ANNOTATED_BYTES)."),
    "mien_webhooks_waiting": Metric("gauge", "Webhooks neither delivered nor given up."),
    "mien_webhooks_late_seconds": Metric("gauge", "For how long the oldest webhook that is due has been due."),
    "mien_webhooks_dead": Metric("gauge", "Webhooks that were given up, and are kept to be replayed."),
    "mien_workers": Metric("gauge", "Workers that have reported lately."),
    "mien_worker_threads": Metric("gauge", "Jobs that these workers analyse at a time."),
    "mien_worker_info": Metric(
        "gauge",
        "Always 1: what a worker is, in its labels.",
        ("worker", "host", "version", "model", "detector", "runtime", "queues"),
    ),
    "mien_worker_cpu_seconds_total": Metric("counter", "CPU time of a worker, ended children included.", _WORKER),
    "mien_worker_resident_memory_bytes": Metric("gauge", "Memory of a worker.", _WORKER),
    "mien_worker_start_time_seconds": Metric("gauge", "When a worker started, seconds since 1970.", _WORKER),
    "mien_worker_idle_seconds": Metric(
        "gauge", "For how long a thread of a worker has been free without being given anything.", _WORKER
    ),
    "mien_worker_clock_offset_seconds": Metric(
        "gauge", "How far the clock of a worker's host is ahead of that of Redis' host.", _WORKER
    ),
    "mien_worker_deaf": Metric(
        "gauge",
        "1 for an idle worker beside a job of a queue of its own that has waited for 10 s.",
        ("worker", "queue"),
    ),
    "mien_camera_live": Metric("gauge", "Whether a camera of the last hour is live.", ("camera",)),
    "mien_camera_state": Metric(
        "gauge", "1 for the state that a camera is in; silent: nobody says how it is.", ("camera", "state")
    ),
    "mien_camera_frame_age_seconds": Metric("gauge", "Time since a camera's newest frame.", ("camera",)),
    "mien_events_kept": Metric("gauge", "Events of cameras that are kept."),
    "mien_redis_up": Metric("gauge", "Whether a Redis server answers: broker, frames if that is another.", _SERVER),
    "mien_redis_info": Metric("gauge", "Always 1; the version is in the label.", ("server", "version")),
    "mien_redis_memory_used_bytes": Metric("gauge", "Memory that counts towards the limit.", _SERVER),
    "mien_redis_memory_limit_bytes": Metric("gauge", "maxmemory; 0: none.", _SERVER),
    "mien_redis_resident_memory_bytes": Metric("gauge", "Memory of the server's process.", _SERVER),
    "mien_redis_clients": Metric("gauge", "Connections to the server.", _SERVER),
    "mien_redis_blocked_clients": Metric("gauge", "Of these, such that wait for something to be pushed.", _SERVER),
    "mien_redis_replicas": Metric("gauge", "Replicas connected.", _SERVER),
    "mien_redis_primary": Metric("gauge", "Whether the server is the primary, which alone takes writes.", _SERVER),
    "mien_redis_uptime_seconds": Metric("gauge", "Time since the server started.", _SERVER),
    "mien_redis_commands_total": Metric("counter", "Commands that the server has carried out.", _SERVER),
    "mien_redis_evicted_keys_total": Metric("counter", "Keys thrown away for want of memory.", _SERVER),
    "mien_redis_append_only": Metric("gauge", "Whether the server writes an append-only file.", _SERVER),
    "mien_redis_file_write_ok": Metric("gauge", "Whether its last write to that file succeeded.", _SERVER),
    "mien_redis_file_rewrite_ok": Metric("gauge", "Whether its last rewrite of that file succeeded.", _SERVER),
    "mien_redis_file_rewriting": Metric("gauge", "Whether it rewrites that file now.", _SERVER),
    "mien_redis_file_bytes": Metric("gauge", "Size of that file.", _SERVER),
    "mien_redis_delayed_fsyncs_total": Metric(
        "counter", "Writes that waited because the disk had not finished the last fsync.", _SERVER
    ),
    "mien_redis_save_ok": Metric("gauge", "Whether its last snapshot succeeded.", _SERVER),
}


def _on(page: Page, metrics: dict[str, Metric], *, shared: bool = False) -> dict[str, Metric]:
    return {name: Metric(one.kind, one.help, one.labels, page, one.buckets, shared) for name, one in metrics.items()}


METRICS: Final = {
    **_on("system", _SHARED, shared=True),
    **_on("system", _SYSTEM),
    **_on("gateway", _GATEWAY),
}
"""Every metric of Mien's own, by name."""


def metric_key(name: str, **labels: str) -> str:
    """The field of a counter, in Prometheus' own notation. Label values must not contain quotes or backslashes."""
    if not labels:
        return name
    return name + "{" + ",".join(f'{label}="{value}"' for label, value in sorted(labels.items())) + "}"


def parse_metric_key(text: str) -> tuple[str, dict[str, str]]:
    """The name and the labels of a field made by `metric_key`."""
    name, _, labels = text.partition("{")
    return name, dict(_LABEL.findall(labels))


def observe(amounts: MutableMapping[str, float], name: str, value: float, **labels: str) -> None:
    """Add a value to a histogram that is kept in Redis: to the one bucket that it falls into, and to the sum.

    Prometheus' buckets hold what all smaller ones hold, too. Those kept do not, so that a value costs two additions
    however many there are; `bucket_counts` makes the one of the other.

    Args:
        amounts: the counters on their way to Redis; those that are missing count as 0.
        name: of a histogram among `METRICS`.
        value: in its unit.
        labels: all of its labels.
    """
    ends = METRICS[name].buckets
    place = bisect_left(ends, value)
    end = str(float(ends[place])) if place < len(ends) else "+Inf"
    for field, more in (
        (metric_key(f"{name}_bucket", le=end, **labels), 1.0),
        (metric_key(f"{name}_sum", **labels), value),
    ):
        amounts[field] = amounts.get(field, 0.0) + more


def bucket_counts(name: str, kept: MutableMapping[str, float]) -> list[tuple[str, float]]:
    """The buckets of a histogram as Prometheus has them: the upper end of each, and how many values are below it.

    Args:
        name: of a histogram among `METRICS`.
        kept: upper end → values that fell into that bucket alone; one that is missing has none.
    """
    below, found = 0.0, []
    for end in (*(str(float(end)) for end in METRICS[name].buckets), "+Inf"):
        below += kept.get(end, 0.0)
        found.append((end, below))
    return found


_LABEL = re.compile(r'(\w+)="([^"]*)"')
