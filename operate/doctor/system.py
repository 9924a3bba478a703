"""The running system: workers, queues, webhooks, cameras."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from redis import Redis

from contracts.cameras import load_cameras
from contracts.errors import ConfigurationError
from contracts.queues import BULK, INTERACTIVE, QUEUES, WEBHOOKS
from contracts.settings import Settings
from contracts.storage.cameras import CameraStatuses
from contracts.storage.gauges import BrokerGauges
from contracts.storage.heartbeat import HeartbeatStore, WorkerReport
from contracts.storage.queue_states import QueueState, read_queues
from contracts.storage.webhooks import WebhookStore
from operate.doctor.finding import Finding, or_ok, problem, warning
from operate.printing import seconds

_OLD_S: Final = {INTERACTIVE: 30.0}
"""Age of the oldest job of a queue at which something is wrong; of bulk jobs it is MIEN_MAX_BULK_WAIT_S."""


def check_workers(redis: Redis, settings: Settings) -> Iterator[Finding]:
    """Who is alive, whether each queue has somebody, and whether all are alike."""
    heartbeats = HeartbeatStore(redis)
    live = heartbeats.live_workers()
    if not live:
        do = "Start some: make up, docker compose up -d --scale worker=2, python -m workers."
        yield problem("workers", "No worker is alive: nothing is analysed.", do)
        return
    threads = sum(worker.threads for worker in live)
    found = [*_not_taken(redis, live, settings), *_deaf(heartbeats, live), *_unlike(live)]
    yield from or_ok("workers", found, f"{len(live)} workers with {threads} threads are alive.")


def _not_taken(redis: Redis, live: Sequence[WorkerReport], settings: Settings) -> Iterator[Finding]:
    taken = {queue for worker in live for queue in worker.queues.split(",")}
    work = BrokerGauges(redis).work()
    # Of these, scaling takes the last worker away while there is no work, and brings one with the first.
    may_rest = {BULK: work.depths[BULK], WEBHOOKS: work.webhooks_waiting}
    for queue in QUEUES:
        if queue in taken:
            continue
        if queue == WEBHOOKS and settings.events_s and settings.events_webhook:
            says = "No worker takes from webhooks: events of cameras are not sent to MIEN_EVENTS_WEBHOOK."
            yield problem("workers", says, "Start one whose MIEN_WORKER_QUEUES has it, and keep it.")
        elif may_rest.get(queue, 1):
            yield problem("workers", f"No worker takes from {queue}.", "Start one whose MIEN_WORKER_QUEUES has it.")
        else:
            says = f"No worker takes from {queue}, in which nothing waits."
            yield warning("workers", says, "That is as it should be if workers are started as there is work.")


def _deaf(heartbeats: HeartbeatStore, live: Sequence[WorkerReport]) -> Iterator[Finding]:
    for queue, worker in heartbeats.untaken(live):
        says = f"{worker} is idle, and takes none of the jobs that wait in {queue}."
        yield problem("workers", says, "It connects anew by itself within seconds; if it does not, restart it.")


def _unlike(live: Sequence[WorkerReport]) -> Iterator[Finding]:
    looking = [worker for worker in live if worker.analyses]
    for what, values in (
        ("networks", {worker.model for worker in looking}),
        ("detectors", {worker.detector for worker in looking}),
        ("versions of job records", {str(worker.job_version) for worker in live}),
    ):
        if len(values) > 1:
            says = f"Workers have different {what}: {', '.join(sorted(values))}."
            yield warning("workers", says, "That is as it should be while a new one is rolled out, and not after.")


def check_queues(redis: Redis, settings: Settings) -> Iterator[Finding]:
    """Whether work waits for too long, or is held back."""
    states = read_queues(redis, settings)
    found = [finding for state in states.queues for finding in _queue(state, settings)]
    if states.drained_s is not None:
        says = f"No jobs are accepted, for {seconds(states.drained_s)}."
        found.append(warning("queues", says, "mien queues accept ends that."))
    waiting = sum(state.waiting for state in states.queues)
    yield from or_ok("queues", found, f"{waiting:,} wait, and none for too long.")


def _queue(state: QueueState, settings: Settings) -> Iterator[Finding]:
    if state.paused_s is not None:
        says = f"{state.queue} is paused, for {seconds(state.paused_s)}; {state.waiting:,} wait in it."
        yield warning("queues", says, f"mien queues resume {state.queue} ends that.")
        return
    limit = settings.max_bulk_wait_s if state.queue == BULK else _OLD_S.get(state.queue, float("inf"))
    if (state.oldest_s or 0) > limit:
        says = f"The oldest job of {state.queue} waits for {seconds(state.oldest_s)}."
        yield problem("queues", says, "Look whether workers are busy (mien workers), and start more.")


def check_webhooks(redis: Redis, settings: Settings) -> Iterator[Finding]:
    """Whether any were given up."""
    dead = WebhookStore(redis, settings).dead()
    found = []
    if dead:
        says = f"{len(dead):,} webhooks were given up, the newest because: {dead[0].reason}"
        do = "See mien webhooks dead; once the receiver is well, mien webhooks replay --all."
        found.append(warning("webhooks", f"{says.rstrip('.')}.", do))
    yield from or_ok("webhooks", found, "None was given up.")


def check_registry(settings: Settings) -> Iterator[Finding]:
    """Whether the cameras can be read."""
    try:
        cameras = load_cameras(settings)
    except ConfigurationError as error:
        yield problem("cameras", str(error), "docs/cameras.md has the form of the file.")
        return
    yield from or_ok("cameras", (), f"{len(cameras)} cameras are set up.")


def check_cameras(frame_redis: Redis) -> Iterable[Finding]:
    """How cameras are, as whoever is responsible for each says."""
    for status in CameraStatuses(frame_redis).all().values():
        if status.state in {"gone", "stalled"}:
            says = f"Camera {status.name} is {status.state}{f': {status.reason}' if status.reason else ''}"
            yield warning("cameras", f"{says.rstrip('.')}.", "docs/cameras.md says what to do when one does not work.")
