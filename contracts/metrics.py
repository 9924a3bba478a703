"""Prometheus metrics that many processes add to: their names, their help texts, and how name and labels make a key."""

import re
from typing import Final

JOBS_FINISHED: Final = "mien_jobs_finished_total"
JOBS_RETRIED: Final = "mien_jobs_requeued_total"
JOBS_ANALYZED: Final = "mien_jobs_analyzed_total"
IMAGES_ANALYZED: Final = "mien_images_analyzed_total"
IMAGES_DONE: Final = "mien_images_done_total"
FACES_FOUND: Final = "mien_faces_found_total"
FRAMES_ANALYZED: Final = "mien_frames_analyzed_total"
FRAMES_STALE: Final = "mien_frames_stale_total"
FRAMES_DRAWN: Final = "mien_frames_drawn_total"
VIEWS_ENCODED: Final = "mien_views_encoded_total"
STAGE_SECONDS: Final = "mien_stage_seconds_total"
STAGE_CPU_SECONDS: Final = "mien_stage_cpu_seconds_total"
HTTP_REQUESTS: Final = "mien_http_requests_total"
HTTP_SECONDS: Final = "mien_http_request_seconds_total"
NETWORK_IMAGES: Final = "mien_network_images_total"
NETWORK_FACES: Final = "mien_network_faces_total"
NETWORK_CONFIDENCE: Final = "mien_network_confidence_total"
NETWORK_CLASSIFY_SECONDS: Final = "mien_network_classify_seconds_total"
SHADOW_IMAGES: Final = "mien_network_shadow_images_total"
SHADOW_FACES: Final = "mien_network_shadow_total"
SHADOW_DISAGREED: Final = "mien_network_shadow_disagreed_total"
SHADOW_CONFIDENCE: Final = "mien_network_shadow_confidence_total"
SHADOW_DIFFERENCE: Final = "mien_network_shadow_confidence_difference_total"

HELP: Final = {
    NETWORK_IMAGES: "Images and frames whose faces a network read for an answer, by network.",
    NETWORK_FACES: "Faces that it read, by network and emotion.",
    NETWORK_CONFIDENCE: "Sum of the confidences of these readings, by network.",
    NETWORK_CLASSIFY_SECONDS: "Worker time for reading them, in seconds, by network.",
    SHADOW_IMAGES: "Images for the network in the shadow, by outcome: read, dropped (no time for it), failed.",
    SHADOW_FACES: "Faces that a network in the shadow read after another's answer, by whether it agrees.",
    SHADOW_DISAGREED: "Those of these where it does not, by both emotions.",
    SHADOW_CONFIDENCE: "Sum of the confidences of the answers, and of the readings in the shadow.",
    SHADOW_DIFFERENCE: "Sum of the differences of these confidences, without their signs.",
    JOBS_FINISHED: "Jobs that reached a final state in a worker, by state.",
    JOBS_RETRIED: "Jobs put back into their queues because their worker died.",
    JOBS_ANALYZED: "Jobs that workers have analysed, by queue.",
    IMAGES_ANALYZED: "Images of jobs analysed.",
    IMAGES_DONE: "Images that workers are done with, those that cannot be analysed included, by queue.",
    FACES_FOUND: "Faces found in images and frames.",
    FRAMES_ANALYZED: "Live frames analysed, by camera.",
    FRAMES_STALE: "Live frames skipped because a newer one had been analysed, by camera.",
    FRAMES_DRAWN: "Live frames of which at least one view was made for viewers, by camera.",
    VIEWS_ENCODED: "Pictures encoded for viewers, once a frame and form in which it is watched, by camera.",
    HTTP_REQUESTS: "Requests answered by gateways, by method, route and status.",
    HTTP_SECONDS: "Time from request to answer in gateways, by method and route, in seconds.",
    STAGE_SECONDS: "Worker time by stage of the analysis, in seconds.",
    STAGE_CPU_SECONDS: "CPU time of workers' threads by stage of the analysis, and for storing jobs, in seconds.",
}
"""Every counter kept in Redis, with its help text for Prometheus."""


def metric_key(name: str, **labels: str) -> str:
    """The field of a counter, in Prometheus' own notation. Label values must not contain quotes or backslashes."""
    if not labels:
        return name
    return name + "{" + ",".join(f'{label}="{value}"' for label, value in sorted(labels.items())) + "}"


def parse_metric_key(text: str) -> tuple[str, dict[str, str]]:
    """The name and the labels of a field made by `metric_key`."""
    name, _, labels = text.partition("{")
    return name, dict(_LABEL.findall(labels))


_LABEL = re.compile(r'(\w+)="([^"]*)"')
