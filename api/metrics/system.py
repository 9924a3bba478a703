"""The whole system in Prometheus' words, read from Redis: the same from every gateway, so it is scraped of one.

Each part is read on its own. A server that does not answer costs the page what it knows, and that is all: the rest, and
`mien_redis_up`, are there then, of all times. And they are there soon, before Prometheus gives the page up: servers are
read at the same time, one that hangs is asked no more, and one that is slow costs two answers at most.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from prometheus_client.metrics_core import Metric
from redis import Redis

from api.metrics.families import counter, gauge, shared
from api.metrics.gpus import gpus
from api.metrics.networks import networks
from contracts.errors import MienError
from contracts.queues import JOB_QUEUES
from contracts.storage.connections import ServerMoved, check_apart, is_away, none_free
from contracts.storage.counters import CounterStore
from contracts.storage.gauges import BrokerGauges, CameraGauge, FrameGauges, ServerGauges, read_server
from contracts.storage.heartbeat import HeartbeatStore, WorkerReport
from contracts.storage.networks import NetworkStore

_STATES: Final = ("connecting", "live", "stalled", "gone", "silent")
"""Of cameras; the last: nobody says any more how it is."""

_UNHEARD: Final = 2
"""So many questions without an answer are what a scrape has time for."""

logger = logging.getLogger(__name__)


Part = Callable[[], Iterable[Metric]]


class _Server(NamedTuple):
    """A server, and what is read of it."""

    name: str
    redis: Redis
    parts: tuple[Part, ...]


@dataclass
class _Told:
    """What came of asking one."""

    name: str
    up: bool = False
    gauges: ServerGauges | None = None
    families: list[Metric] = field(default_factory=list)


class SystemMetrics:
    """Reads the servers once a scrape."""

    def __init__(self, broker: Redis, frames: Redis, predicted_wait_s: Callable[[str], float]) -> None:
        """Read these servers.

        Args:
            broker: a client that gives up after a second or so.
            frames: the same, of the frame Redis; the same object where one server is both.
            predicted_wait_s: what admission predicts for a queue, in seconds; gives up as early.
        """
        self._work, self._cameras = BrokerGauges(broker), FrameGauges(frames)
        self._counters, self._heartbeats = CounterStore(broker), HeartbeatStore(broker)
        self._plan, self._predicted_wait_s = NetworkStore(broker), predicted_wait_s
        work = (self._shared, self._waiting, self._predicted, self._workers, self._networks)
        if frames is broker:
            self._servers = [_Server("broker", broker, (*work, self._live))]
        else:
            self._servers = [_Server("broker", broker, work), _Server("frames", frames, (self._live,))]

    def collect(self) -> Iterator[Metric]:
        """Everything, as of now."""
        told = [_Told(server.name) for server in self._servers]
        first, *others = zip(self._servers, told, strict=True)
        beside = [threading.Thread(target=_ask, args=other, name="metrics", daemon=True) for other in others]
        for thread in beside:
            thread.start()
        _ask(*first)
        for thread in beside:
            thread.join()
        yield gauge("mien_redis_up", *(((one.name,), one.up) for one in told))
        yield from _servers({one.name: one.gauges for one in told if one.gauges})
        for one in told:
            yield from one.families

    def _shared(self) -> Iterable[Metric]:
        return shared(self._counters.read())

    def _waiting(self) -> Iterable[Metric]:
        work = self._work.work()
        yield gauge("mien_queue_depth", *(((queue,), depth) for queue, depth in work.depths.items()))
        yield gauge("mien_queue_oldest_seconds", *(((queue,), age) for queue, age in work.oldest_s.items()))
        yield gauge("mien_queue_waiting_images", *(((queue,), count) for queue, count in work.waiting_images.items()))
        yield gauge("mien_queue_open_images", *(((queue,), count) for queue, count in work.open_images.items()))
        yield gauge("mien_queue_paused", *(((queue,), paused) for queue, paused in work.paused.items()))
        yield gauge("mien_jobs_drained", ((), work.drained))
        yield gauge("mien_jobs_open", ((), work.open_jobs))
        yield gauge("mien_open_image_bytes", ((), work.open_bytes))
        yield gauge("mien_annotated_image_bytes", ((), work.annotated_bytes))
        yield gauge("mien_webhooks_waiting", ((), work.webhooks_waiting))
        yield gauge("mien_webhooks_late_seconds", ((), work.webhooks_late_s))
        yield gauge("mien_webhooks_dead", ((), work.webhooks_dead))

    def _predicted(self) -> Iterable[Metric]:
        waits = [((queue,), self._predicted_wait_s(queue)) for queue in JOB_QUEUES]
        yield gauge("mien_queue_predicted_wait_seconds", *waits)

    def _workers(self) -> Iterable[Metric]:
        live = self._heartbeats.live_workers()
        analysing = [worker for worker in live if worker.analyses]  # one that only sends webhooks does no job
        yield gauge("mien_workers", ((), len(analysing)))
        yield gauge("mien_worker_threads", ((), sum(worker.threads for worker in analysing)))
        yield gauge("mien_worker_info", *((_identity(worker), 1) for worker in live))
        yield counter("mien_worker_cpu_seconds_total", *(((worker.name,), worker.cpu_s) for worker in live))
        yield gauge("mien_worker_resident_memory_bytes", *(((worker.name,), worker.resident_bytes) for worker in live))
        yield gauge("mien_worker_start_time_seconds", *(((worker.name,), worker.started_at) for worker in live))
        yield gauge("mien_worker_idle_seconds", *(((worker.name,), worker.idle_s) for worker in live))
        yield gauge("mien_worker_clock_offset_seconds", *(((worker.name,), worker.clock_offset_s) for worker in live))
        deaf = {(one.worker, one.queue) for one in self._heartbeats.untaken(live)}
        yield gauge("mien_worker_deaf", *((one, 1) for one in sorted(deaf)))
        yield from gpus(live)

    def _networks(self) -> Iterable[Metric]:
        return networks(self._plan.look().record, self._heartbeats.live_workers())

    def _live(self) -> Iterable[Metric]:
        cameras = self._cameras.cameras()
        live = (((name, one.status.kind if one.status else ""), _state(one) == "live") for name, one in cameras.items())
        yield gauge("mien_camera_live", *live)
        states = [((name, state), _state(one) == state) for name, one in cameras.items() for state in _STATES]
        yield gauge("mien_camera_state", *states)
        ages = [((name,), one.age_s) for name, one in cameras.items() if one.age_s is not None]
        yield gauge("mien_camera_frame_age_seconds", *ages)
        yield gauge("mien_events_kept", ((), self._cameras.kept_events()))


def _ask(server: _Server, told: _Told) -> None:
    """Note what a server tells, until it does not answer: then each further question would take as long.

    A part may be without an answer where the server has one: it takes longer than others, or found no connection free.
    So the server is asked whether it is there before it is said to be away, and the next part gets its chance.
    """
    unheard = 0
    try:
        told.gauges = read_server(server.redis)
        told.up = True
    except MienError as error:
        if not none_free(error) or not _answers(server):
            return
        told.up, unheard = True, 1
    for part in server.parts:
        try:
            told.families += _whole(part)
        except MienError as error:
            unheard += 1
            logger.warning("a part of the metrics of Redis (%s) is missing: %s", server.name, error)
            if unheard == 1:
                told.up = _answers(server)
            if not told.up or unheard == _UNHEARD:
                return


def _answers(server: _Server) -> bool:
    """Whether it is there, all the same."""
    try:
        check_apart(server.redis)
    except MienError as error:
        if is_away(error) and not isinstance(error.__cause__, ServerMoved):
            logger.warning("Redis (%s) stopped answering while it was read for the metrics: %s", server.name, error)
            return False
    return True


def _whole(part: Part) -> list[Metric]:
    """What a part tells, or nothing, if it cannot be read.

    Raises:
        MienError: it has no answer.
    """
    try:
        return list(part())
    except MienError as error:
        if is_away(error) and not isinstance(error.__cause__, ServerMoved):  # a replica answers
            raise
        logger.warning("a part of the metrics is missing: %s", error)
        return []


def _identity(worker: WorkerReport) -> tuple[str, ...]:
    return (
        worker.name,
        worker.host,
        worker.version,
        worker.model,
        worker.detector,
        worker.runtime,
        worker.queues,
        worker.backend,
        worker.device,
    )


def _state(camera: CameraGauge) -> str:
    return camera.status.state if camera.status else "silent"


def _servers(found: dict[str, ServerGauges]) -> Iterator[Metric]:
    for name, read in _OF_SERVERS.items():
        make = counter if name.endswith("_total") else gauge
        yield make(name, *(((server,), read(one)) for server, one in found.items()))
    yield gauge("mien_redis_info", *(((server, one.version), 1) for server, one in found.items()))


_OF_SERVERS: Final[dict[str, Callable[[ServerGauges], float]]] = {
    "mien_redis_memory_used_bytes": lambda one: one.used_bytes,
    "mien_redis_memory_limit_bytes": lambda one: one.limit_bytes,
    "mien_redis_resident_memory_bytes": lambda one: one.resident_bytes,
    "mien_redis_clients": lambda one: one.clients,
    "mien_redis_blocked_clients": lambda one: one.blocked_clients,
    "mien_redis_replicas": lambda one: one.replicas,
    "mien_redis_primary": lambda one: one.primary,
    "mien_redis_uptime_seconds": lambda one: one.uptime_s,
    "mien_redis_commands_total": lambda one: one.commands,
    "mien_redis_evicted_keys_total": lambda one: one.evicted_keys,
    "mien_redis_append_only": lambda one: one.append_only,
    "mien_redis_file_write_ok": lambda one: one.write_ok,
    "mien_redis_file_rewrite_ok": lambda one: one.rewrite_ok,
    "mien_redis_file_rewriting": lambda one: one.rewriting,
    "mien_redis_file_bytes": lambda one: one.file_bytes,
    "mien_redis_delayed_fsyncs_total": lambda one: one.delayed_fsyncs,
    "mien_redis_save_ok": lambda one: one.save_ok,
}
