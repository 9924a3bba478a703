"""What a metric is, and those that tell how the system is at a moment: read from Redis at each scrape, kept nowhere."""

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
    always: tuple[tuple[str, ...], ...] = ()
    """Values of its labels that are there from the first, as 0: Prometheus sees no first increase of what was not."""


_WORKER: Final = ("worker",)
_GPU: Final = ("worker", "host", "gpu", "name")
_SERVER: Final = ("server",)
GAUGES: Final = {
    "mien_queue_depth": Metric("gauge", "Jobs, or messages, that wait, by queue.", ("queue",)),
    "mien_queue_oldest_seconds": Metric(
        "gauge", "For how long the oldest job of a queue has waited; 0 without one.", ("queue",)
    ),
    "mien_queue_waiting_images": Metric("gauge", "Images of jobs that no worker has begun, by queue.", ("queue",)),
    "mien_queue_open_images": Metric(
        "gauge", "Images of unfinished jobs, begun ones included, by queue: what to scale by.", ("queue",)
    ),
    "mien_queue_paused": Metric("gauge", "Whether nothing is taken out of a queue, as operators want it.", ("queue",)),
    "mien_jobs_drained": Metric("gauge", "Whether no jobs are accepted, as operators want it."),
    "mien_queue_predicted_wait_seconds": Metric(
        "gauge", "How long a job accepted now would wait, as admission predicts it, by queue.", ("queue",)
    ),
    "mien_jobs_open": Metric("gauge", "Jobs accepted and not yet final."),
    "mien_open_image_bytes": Metric("gauge", "Bytes of images of unfinished jobs (MIEN_MAX_OPEN_BYTES)."),
    "mien_annotated_image_bytes": Metric("gauge", "Bytes of annotated images kept (MIEN_MAX_ANNOTATED_BYTES)."),
    "mien_webhooks_waiting": Metric("gauge", "Webhooks neither delivered nor given up."),
    "mien_webhooks_late_seconds": Metric("gauge", "For how long the oldest webhook that is due has been due."),
    "mien_webhooks_dead": Metric("gauge", "Webhooks that were given up, and are kept to be replayed."),
    "mien_workers": Metric(
        "gauge", "Workers that analyse and have reported lately; those that take webhooks alone are not among them."
    ),
    "mien_worker_threads": Metric("gauge", "Jobs that these workers analyse at a time."),
    "mien_worker_info": Metric(
        "gauge",
        "Always 1: what a worker is, in its labels.",
        ("worker", "host", "version", "model", "detector", "runtime", "queues", "backend", "device"),
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
    "mien_gpu_memory_used_bytes": Metric(
        "gauge", "Memory of a worker's GPU that is taken, by whatever process, as nvidia-smi tells it.", _GPU
    ),
    "mien_gpu_memory_total_bytes": Metric("gauge", "Memory of a worker's GPU.", _GPU),
    "mien_gpu_utilisation_ratio": Metric(
        "gauge", "Part of the last moments in which something ran on a worker's GPU, 0 to 1.", _GPU
    ),
    "mien_gpu_temperature_celsius": Metric("gauge", "Temperature of a worker's GPU.", _GPU),
    "mien_gpu_power_watts": Metric("gauge", "Power that a worker's GPU takes.", _GPU),
    "mien_camera_live": Metric(
        "gauge",
        "Whether a camera of the last hour is live; kind: rtsp, browser and so on, empty if nobody says any more.",
        ("camera", "kind"),
    ),
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
"""By name; `contracts.metrics.METRICS` has them, too."""
