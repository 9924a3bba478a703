"""What Grafana's dashboards show: a row of panels each, with the expressions that Prometheus is asked.

A test asks a real Prometheus, beside a real system, each of them. `deploy.dashboards` makes Grafana's JSON of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

Unit = Literal["short", "s", "bytes", "percentunit", "cps", "ops", "reqps", "bool", "celsius"]
"""By Grafana's names. Three are so many a second: `cps` of whatever is counted, `ops` of commands, `reqps` of HTTP."""


@dataclass(frozen=True)
class Panel:
    """One graph: its title, its unit, and its lines, each an expression and what it is called."""

    title: str
    unit: Unit
    lines: Sequence[tuple[str, str]]
    note: str = ""


@dataclass(frozen=True)
class Dashboard:
    """One page."""

    uid: str
    title: str
    panels: Sequence[Panel]


def quantiles(histogram: str, by: str, window: str = "5m", only: str = "") -> list[tuple[str, str]]:
    """Lines for the median and the 95 % of a histogram, by a label."""
    rate = f"sum by (le, {by}) (rate({histogram}_bucket{only}[{window}]))"
    return [
        (f"histogram_quantile({quantile}, {rate})", f"{name} {{{{{by}}}}}")
        for quantile, name in ((0.5, "median"), (0.95, "95 %"))
    ]


_UP: Final = Panel(
    "Parts that answer",
    "short",
    [
        ('sum(up{job="mien-gateway"})', "gateways"),
        ("mien_workers", "workers"),
        ("sum(mien_camera_live)", "live cameras"),
        ("sum(mien_redis_up)", "Redis servers"),
    ],
)
_WAITING: Final = Panel("Jobs that wait", "short", [("mien_queue_depth", "{{queue}}")])
_REFUSED: Final = Panel(
    "Jobs refused, by reason",
    "cps",
    [("sum by (reason) (rate(mien_jobs_refused_total[5m]))", "{{reason}}")],
)
_SLOW: Final = Panel(
    "Interactive jobs that took more than 2.5 s",
    "percentunit",
    [(f"system:interactive_slow:ratio_rate{window}", f"within {window}") for window in ("5m", "1h", "6h")],
    note="Allowed: 1 %.",
)
_MEMORY: Final = Panel(
    "Memory of Redis",
    "bytes",
    [
        ("mien_redis_memory_used_bytes", "used, {{server}}"),
        ("mien_redis_memory_limit_bytes > 0", "limit, {{server}}"),
    ],
)
_GPU_USE: Final = "max by (host, gpu) (mien_gpu_utilisation_ratio)"
_GPU_MEMORY: Final = "max by (host, gpu) (mien_gpu_memory_used_bytes / mien_gpu_memory_total_bytes)"
_GPU_HEAT: Final = "max by (host, gpu) (mien_gpu_temperature_celsius)"

OVERVIEW: Final = Dashboard(
    "mien-overview",
    "Mien: overview",
    [
        _UP,
        Panel(
            "Alerts that fire",
            "short",
            [('count by (alertname, severity) (ALERTS{alertstate="firing"})', "{{severity}}: {{alertname}}")],
        ),
        Panel(
            "Requests, by status",
            "reqps",
            [("sum by (status) (rate(mien_http_requests_total[5m]))", "{{status}}")],
        ),
        Panel(
            "Jobs accepted and ended",
            "cps",
            [
                ("sum by (queue) (rate(mien_jobs_accepted_total[5m]))", "accepted, {{queue}}"),
                ("sum by (state) (rate(mien_jobs_finished_total[5m]))", "{{state}}"),
            ],
        ),
        _WAITING,
        Panel("The oldest job", "s", [("mien_queue_oldest_seconds", "{{queue}}")]),
        _SLOW,
        _REFUSED,
        Panel("Live frames", "cps", [("sum(rate(mien_frames_analyzed_total[5m]))", "analysed")]),
        _MEMORY,
    ],
)

JOBS: Final = Dashboard(
    "mien-jobs",
    "Mien: queues and jobs",
    [
        _WAITING,
        Panel("The oldest job", "s", [("mien_queue_oldest_seconds", "{{queue}}")]),
        Panel("Predicted wait", "s", [("mien_queue_predicted_wait_seconds", "{{queue}}")]),
        Panel("Wait until the first claim", "s", quantiles("mien_job_wait_seconds", "queue")),
        Panel("From acceptance to the result", "s", quantiles("mien_job_duration_seconds", "queue")),
        _REFUSED,
        Panel("Images of unfinished jobs", "short", [("mien_queue_open_images", "{{queue}}")]),
        Panel("Jobs that failed, by code", "cps", [("sum by (code) (rate(mien_jobs_failed_total[5m]))", "{{code}}")]),
        Panel(
            "Attempts, jobs put back, messages sent again",
            "cps",
            [
                ("sum(rate(mien_jobs_begun_total[5m]))", "attempts"),
                ("rate(mien_jobs_requeued_total[5m])", "put back"),
                ("rate(mien_wakeups_sent_total[5m])", "messages sent again"),
            ],
        ),
        Panel("Queues that are paused", "bool", [("mien_queue_paused", "{{queue}}"), ("mien_jobs_drained", "drained")]),
        Panel(
            "Webhooks, by outcome",
            "cps",
            [("sum by (outcome) (rate(mien_webhooks_tried_total[5m]))", "{{outcome}}")],
        ),
        Panel(
            "Webhooks that wait, and that were given up",
            "short",
            [("mien_webhooks_waiting", "waiting"), ("mien_webhooks_dead", "given up")],
        ),
    ],
)

WORKERS: Final = Dashboard(
    "mien-workers",
    "Mien: workers and stages",
    [
        Panel("Workers and their threads", "short", [("mien_workers", "workers"), ("mien_worker_threads", "threads")]),
        Panel("CPU", "percentunit", [("rate(mien_worker_cpu_seconds_total[5m])", "{{worker}}")]),
        Panel("Memory", "bytes", [("mien_worker_resident_memory_bytes", "{{worker}}")]),
        Panel("Idle for", "s", [("mien_worker_idle_seconds", "{{worker}}")]),
        Panel(
            "GPUs: in use, and memory taken",
            "percentunit",
            [(_GPU_USE, "in use, {{host}}, GPU {{gpu}}"), (_GPU_MEMORY, "memory, {{host}}, GPU {{gpu}}")],
        ),
        Panel("GPUs: temperature", "celsius", [(_GPU_HEAT, "{{host}}, GPU {{gpu}}")]),
        Panel("Deaf workers", "bool", [("mien_worker_deaf", "{{worker}}: {{queue}}")]),
        Panel(
            "Images a second, by queue",
            "cps",
            [("sum by (queue) (rate(mien_images_done_total[5m]))", "{{queue}}")],
        ),
        Panel("Time of a stage, one image", "s", quantiles("mien_stage_duration_seconds", "stage")),
        Panel(
            "CPU by stage",
            "percentunit",
            [("sum by (stage) (rate(mien_stage_cpu_seconds_total[5m]))", "{{stage}}")],
        ),
        Panel("Jobs a claim", "short", quantiles("mien_batch_jobs", "queue")),
        Panel("Images a claim", "short", quantiles("mien_batch_images", "queue")),
        Panel(
            "Versions and networks",
            "short",
            [("count by (version, model) (mien_worker_info)", "{{version}}, {{model}}")],
        ),
        Panel("Clocks, against Redis' host", "s", [("mien_worker_clock_offset_seconds", "{{worker}}")]),
    ],
)

CAMERAS: Final = Dashboard(
    "mien-cameras",
    "Mien: cameras and live video",
    [
        Panel("Cameras by state", "short", [("sum by (state) (mien_camera_state)", "{{state}}")]),
        Panel("Age of the newest frame", "s", [("mien_camera_frame_age_seconds", "{{camera}}")]),
        Panel("Frames analysed", "cps", [("sum by (camera) (rate(mien_frames_analyzed_total[5m]))", "{{camera}}")]),
        Panel("Frames dropped", "cps", [("sum by (camera) (rate(mien_frames_stale_total[5m]))", "{{camera}}")]),
        Panel("Views encoded", "cps", [("sum by (camera) (rate(mien_views_encoded_total[5m]))", "{{camera}}")]),
        Panel("Viewers", "short", [("sum by (camera) (mien_viewers)", "{{camera}}")]),
        Panel("Browsers that send", "short", [("sum(mien_senders)", "browsers")]),
        Panel("Events kept", "short", [("mien_events_kept", "events")]),
    ],
)

REDIS: Final = Dashboard(
    "mien-redis",
    "Mien: Redis",
    [
        Panel("Answers", "bool", [("mien_redis_up", "{{server}}")]),
        _MEMORY,
        Panel(
            "Part of the limit",
            "percentunit",
            [("system:redis_memory:ratio", "{{server}}")],
            note="No jobs from 90 % on.",
        ),
        Panel("Commands a second", "ops", [("rate(mien_redis_commands_total[5m])", "{{server}}")]),
        Panel(
            "Connections",
            "short",
            [("mien_redis_clients", "all, {{server}}"), ("mien_redis_blocked_clients", "waiting, {{server}}")],
        ),
        Panel(
            "The file",
            "bool",
            [
                ("mien_redis_append_only", "there is one, {{server}}"),
                ("mien_redis_file_write_ok", "written, {{server}}"),
                ("mien_redis_file_rewrite_ok", "rewritten, {{server}}"),
            ],
        ),
        Panel("Size of the file", "bytes", [("mien_redis_file_bytes", "{{server}}")]),
        Panel("Writes that waited for the disk", "cps", [("rate(mien_redis_delayed_fsyncs_total[5m])", "{{server}}")]),
        Panel("Replicas", "short", [("mien_redis_replicas", "{{server}}")]),
        Panel("Keys thrown away", "cps", [("rate(mien_redis_evicted_keys_total[5m])", "{{server}}")]),
    ],
)

OBJECTIVE: Final = Dashboard(
    "mien-objective",
    "Mien: objective",
    [
        _SLOW,
        Panel(
            "Allowance used, as a multiple of what is sustainable",
            "short",
            [
                ("system:interactive_slow:ratio_rate5m / 0.01", "within 5m"),
                ("system:interactive_slow:ratio_rate1h / 0.01", "within 1h"),
            ],
            note="14.4 over an hour: critical; 6 over six hours: warning.",
        ),
        Panel("Requests that failed", "percentunit", [("system:http_errors:ratio_rate5m", "5xx other than 503")]),
        Panel("Jobs refused", "percentunit", [("system:jobs_refused:ratio_rate5m", "refused")]),
        Panel("Jobs that failed", "percentunit", [("system:jobs_failing:ratio_rate10m", "failed")]),
        Panel("Time of requests, by route", "s", quantiles("mien_http_request_duration_seconds", "route")),
        Panel(
            "Memory and CPU of gateways",
            "short",
            [
                ('sum by (instance) (rate(process_cpu_seconds_total{job="mien-gateway"}[5m]))', "CPUs, {{instance}}"),
                ('process_resident_memory_bytes{job="mien-gateway"} / 1e9', "GB, {{instance}}"),
            ],
        ),
        Panel("Clients that wait", "short", [("sum(mien_jobs_waited_for)", "clients")]),
    ],
)

DASHBOARDS: Final = (OVERVIEW, JOBS, WORKERS, CAMERAS, REDIS, OBJECTIVE)
EMPTY_WHEN_WELL: Final = frozenset(
    {
        'count by (alertname, severity) (ALERTS{alertstate="firing"})',
        "mien_worker_deaf",
        *(_GPU_USE, _GPU_MEMORY, _GPU_HEAT),
        "sum by (camera) (rate(mien_frames_stale_total[5m]))",
        "mien_redis_memory_limit_bytes > 0",
        "system:redis_memory:ratio",
    }
)
"""Expressions that give no series while all is well, where a server has no limit, or where there is no GPU."""
