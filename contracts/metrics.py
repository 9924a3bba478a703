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
from dataclasses import replace
from functools import lru_cache
from typing import Final

from contracts import network_metrics
from contracts.metric_gauges import GAUGES, Metric, Page

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
    "drained": "an operator has stopped accepting jobs",
    "rate": "the client's rate, also counted by images",
    "store": "the gateway stores too many jobs at a time, or Redis takes too long",
}
"""Why a job is held back: the reason as metrics have it, and what it stands for."""

_SECONDS_OF_REQUESTS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_SECONDS_OF_JOBS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 3600.0)
_SECONDS_OF_STAGES: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
_OF_A_CLAIM: Final = (1, 2, 3, 4, 6, 8, 16, 32, 64, 128, 256)
_IMAGES_OF_A_CLAIM: Final = (1, 2, 4, 8, 16, 32, 64, 100, 256)

_ONE: Final = ((),)
_LANES: Final = (("interactive",), ("bulk",))
_ENDS: Final = (("succeeded",), ("failed",), ("expired",))
_FAILURES: Final = (("analysis_failed",), ("attempts_exhausted",))
_OUTCOMES: Final = (("delivered",), ("later",), ("given up",))
_REFUSED: Final = tuple((queue, reason) for (queue,) in _LANES for reason in REFUSALS)
_SHARED: Final = {
    JOBS_FINISHED: Metric(
        "counter", "Jobs that reached a final state in a worker, by state.", ("state",), always=_ENDS
    ),
    JOBS_FAILED: Metric("counter", "Jobs that ended as failed, by the code of the error.", ("code",), always=_FAILURES),
    JOBS_BEGUN: Metric(
        "counter", "Times that a worker has begun a job: its attempts, by queue.", ("queue",), always=_LANES
    ),
    JOBS_RETRIED: Metric("counter", "Jobs put back into their queues because their worker died.", always=_ONE),
    JOBS_ANALYZED: Metric("counter", "Jobs that workers have analysed, by queue.", ("queue",), always=_LANES),
    WAKEUPS_SENT: Metric(
        "counter",
        "Messages sent because jobs waited and none was left: lost, or just then in a worker's hands.",
        always=_ONE,
    ),
    IMAGES_ANALYZED: Metric("counter", "Images of jobs analysed.", always=_ONE),
    IMAGES_DONE: Metric(
        "counter", "Images that workers are done with, those that cannot be analysed included, by queue.", ("queue",)
    ),
    FACES_FOUND: Metric("counter", "Faces found in images and frames.", always=_ONE),
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
        "counter",
        "Deliveries of webhooks tried, by outcome: delivered, later (it failed), given up.",
        ("outcome",),
        always=_OUTCOMES,
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
    BATCH_JOBS: Metric("histogram", "Jobs that a claim gave, by queue.", ("queue",), buckets=_OF_A_CLAIM),
    BATCH_IMAGES: Metric("histogram", "Images that a claim gave, by queue.", ("queue",), buckets=_IMAGES_OF_A_CLAIM),
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
    JOBS_ACCEPTED: Metric("counter", "Jobs stored, by queue.", ("queue",), always=_LANES),
    IMAGES_ACCEPTED: Metric("counter", "Images of jobs stored, by queue.", ("queue",), always=_LANES),
    JOBS_REFUSED: Metric("counter", "Jobs held back, by queue and reason.", ("queue", "reason"), always=_REFUSED),
    JOBS_WAITED_FOR: Metric("gauge", "Clients that wait for a job at this gateway."),
    VIEWERS: Metric("gauge", "Viewers at this gateway, by camera.", ("camera",)),
    SENDERS: Metric("gauge", "Browsers that send their camera to this gateway."),
    "mien_gateway_processes": Metric("gauge", "Processes of this gateway that serve."),
    "mien_build_info": Metric("gauge", "Always 1; the version is in the label.", ("version",)),
}


def _on(page: Page, metrics: dict[str, Metric], *, shared: bool = False) -> dict[str, Metric]:
    return {name: replace(one, page=page, shared=shared) for name, one in metrics.items()}


METRICS: Final = {
    **_on("system", _SHARED, shared=True),
    **_on("system", {name: Metric(*one) for name, one in network_metrics.COUNTED.items()}, shared=True),
    **_on("system", GAUGES),
    **_on("system", {name: Metric(*one) for name, one in network_metrics.READ.items()}),
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
    place = bisect_left(METRICS[name].buckets, value)
    bucket, total = _fields(name, place, tuple(labels.items()))
    amounts[bucket] = amounts.get(bucket, 0.0) + 1
    amounts[total] = amounts.get(total, 0.0) + value


@lru_cache(maxsize=2_048)
def _fields(name: str, place: int, labels: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    """The fields of a bucket, by its place, and of the sum: made once, as this is on the way of every image."""
    ends = METRICS[name].buckets
    end = str(float(ends[place])) if place < len(ends) else "+Inf"
    given = dict(labels)
    return metric_key(f"{name}_bucket", le=end, **given), metric_key(f"{name}_sum", **given)


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
