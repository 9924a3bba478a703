"""``/metrics`` in Prometheus' text format: this process, and what all processes have counted together."""

from collections.abc import Iterator
from contextlib import suppress

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.http.endpoint import NO_BODY, Operation, ResponseSpec, endpoint
from api.http.scopes import Scope
from api.services import Services, current_services
from contracts.errors import BrokerUnavailable, MienError
from contracts.metrics import HELP, parse_metric_key
from contracts.queues import QUEUES

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
@endpoint(
    scope=Scope.OPERATE,
    owned=False,
    rate_limited=False,
    body=NO_BODY,
    operation=Operation(
        id="metrics",
        summary="Prometheus' text format",
        tag="operation",
        responses={200: ResponseSpec("Counters of all processes.", {"type": "string"}, "text/plain")},
        errors=(BrokerUnavailable,),
    ),
)
def metrics() -> Response:
    """Everything, as of now."""
    services = current_services()
    with suppress(MienError):  # a server that takes no writes is looked at all the same
        services.request_metrics.flush(services.counters)
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(_Shared(services))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Shared(Collector):
    """Reads Redis once a scrape."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def describe(self) -> list[Metric]:
        """Nothing: so that registering does not read Redis."""
        return []

    def collect(self) -> Iterator[Metric]:
        """All shared counters and the gauges that follow from the stores."""
        yield from self._counters()
        services = self._services
        depths = GaugeMetricFamily("mien_queue_depth", "Messages waiting, by queue.", labels=["queue"])
        for queue in QUEUES:
            depths.add_metric([queue], services.jobs.queue_depth(queue))
        yield depths
        yield GaugeMetricFamily("mien_jobs_open", "Jobs accepted and not yet final.", services.jobs.open_count())
        workers = services.heartbeats.live_workers()
        yield GaugeMetricFamily("mien_workers", "Workers that have reported lately.", len(workers))
        threads = sum(worker.threads for worker in workers)
        yield GaugeMetricFamily("mien_worker_threads", "Jobs that these workers analyse at a time.", threads)
        yield GaugeMetricFamily("mien_jobs_waited_for", "Clients waiting in this process.", services.waiting.count)
        viewers = GaugeMetricFamily("mien_viewers", "Viewers in this process, by camera.", labels=["camera"])
        for camera, count in services.video.viewers().items():
            viewers.add_metric([camera], count)
        yield viewers
        live = GaugeMetricFamily("mien_camera_live", "Whether a camera is live, as capture says.", labels=["camera"])
        with suppress(MienError):  # Redis for frames may be another one, and be away
            for camera, status in services.camera_statuses.all().items():
                live.add_metric([camera], status.state == "live")
        yield live

    def _counters(self) -> Iterator[Metric]:
        families: dict[str, CounterMetricFamily] = {}
        for text, value in sorted(self._services.counters.read().items()):
            name, labels = parse_metric_key(text)
            if name not in families:
                families[name] = CounterMetricFamily(name, HELP.get(name, name), labels=list(labels))
            families[name].add_metric(list(labels.values()), value)
        yield from families.values()
