"""Queues as an operator sees them: what waits in each, what runs, since when, and how long it would take."""

from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

from redis import Redis

from contracts.metrics import FRAMES_ANALYZED, IMAGES_ANALYZED, STAGE_SECONDS, parse_metric_key
from contracts.queues import JOB_QUEUES, QUEUES
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.connections import translate_errors
from contracts.storage.counters import CounterStore
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.jobs import JobStore
from contracts.storage.lanes import LaneStore
from contracts.storage.load import read_load

_PAGE: Final = 500
_SECONDS_PER_IMAGE: Final = 0.025
"""Until an image has been analysed."""
_STAGES: Final = ("decode", "detect", "classify")


class QueueState(NamedTuple):
    """One of `contracts.queues.QUEUES`."""

    queue: str
    waiting: int
    """Jobs, or messages."""
    running: int
    """Jobs that workers have begun."""
    oldest_s: float | None
    """For how long the oldest job waits; None without one, or where that is not known."""
    wait_s: float | None
    """For how long a job that came now would wait for those before it: images that wait, times what one has cost so
    far, by the threads of all workers. None without a worker, or where there are no jobs."""
    paused_s: float | None
    """Since when it is paused; None if it is not."""


class QueueStates(NamedTuple):
    """All queues."""

    queues: list[QueueState]
    drained_s: float | None
    """Since when no jobs are accepted; None: they are."""
    left: int
    """Unfinished jobs, but for those that wait in paused queues."""


def read_queues(redis: Redis, settings: Settings) -> QueueStates:
    """How the queues are now.

    Raises:
        BrokerUnavailable: Redis does not answer.
    """
    heartbeats, jobs = HeartbeatStore(redis), JobStore(redis, settings)
    lanes, oldest, running = LaneStore(redis).read(), heartbeats.oldest_s(), _running(redis)
    now, pace_s = heartbeats.now(), _seconds_per_image(redis, heartbeats)
    found = []
    for queue in QUEUES:
        paused_s = max(0.0, now - lanes.paused[queue]) if queue in lanes.paused else None
        wait_s = None
        if queue in JOB_QUEUES and pace_s is not None:
            wait_s = read_load(redis, queue).waiting_images * pace_s
        depth = jobs.queue_depth(queue)
        found.append(QueueState(queue, depth, running[queue], oldest.get(queue), wait_s, paused_s))
    held = sum(state.waiting for state in found if state.paused_s is not None and state.queue in JOB_QUEUES)
    drained_s = None if lanes.drained_at is None else max(0.0, now - lanes.drained_at)
    return QueueStates(found, drained_s, max(0, jobs.open_count() - held))


def _running(redis: Redis) -> Counter[str]:
    running = Counter[str]()
    with translate_errors():
        for page in _open_jobs(redis):
            with redis.pipeline(transaction=False) as pipe:
                for job_id in page:
                    pipe.hmget(keys.job(job_id), "state", "queue")
                answers = pipe.execute(raise_on_error=False)
            running.update(
                answer[1].decode() for answer in answers if isinstance(answer, list) and answer[0] == b"running"
            )
    return running


def _open_jobs(redis: Redis) -> Iterator[list[str]]:
    ids = [job_id.decode() for job_id in redis.zrange(keys.OPEN_JOBS, 0, -1)]
    for first in range(0, len(ids), _PAGE):
        yield ids[first : first + _PAGE]


def _seconds_per_image(redis: Redis, heartbeats: HeartbeatStore) -> float | None:
    """From one image to the next, over all workers; none without one."""
    threads = sum(worker.threads for worker in heartbeats.live_workers() if worker.analyses)
    if not threads:
        return None
    spent = images = 0.0
    for text, value in CounterStore(redis).read().items():
        name, labels = parse_metric_key(text)
        if name == STAGE_SECONDS and labels.get("stage") in _STAGES:
            spent += value
        elif name in (IMAGES_ANALYZED, FRAMES_ANALYZED):
            images += value
    return (spent / images if images else _SECONDS_PER_IMAGE) / threads
