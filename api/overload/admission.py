"""Holding back: a job is taken only if it can be stored, and finished within reasonable time.

Four limits, each of which leads to a 503 with a computed ``Retry-After``: jobs waiting in the queue, bytes of images
that wait, room in Redis, whatever takes it up, and the predicted wait. The prediction is the number of images that wait
times the pace at which images leave the queue. While there is a backlog, that pace is what was seen to leave between
the last two readings of the counters, with all that it costs; else it is what an image has cost lately, by the threads
of the workers that are alive.

A job that was let through counts to its client from then on, and not only once it is stored: a client that sends many
at the same time has no larger share than one that sends them one after the other.
"""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

from contracts.errors import Overloaded, QuotaExceeded, TooManyImages
from contracts.metrics import (
    FRAMES_ANALYZED,
    IMAGES_ANALYZED,
    IMAGES_DONE,
    STAGE_SECONDS,
    metric_key,
    parse_metric_key,
)
from contracts.queues import BULK, INTERACTIVE, JOB_QUEUES
from contracts.settings import Settings
from contracts.storage.counters import CounterStore
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.job_steps import Drained
from contracts.storage.jobs import JobStore
from contracts.storage.load import Load
from contracts.storage.room import Room

_PACE_KEPT_S = 1.0
_PACE_IS_OLD_S = 5.0
_BACKLOG = 8
"""With so many waiting at two readings, the workers have had no idle moment between them."""
_SECONDS_PER_IMAGE = 0.025  # until something has been measured
_SHORTEST_S, _LONGEST_S = 1.0, 300.0
_ROOM_S = 10.0
"""Memory is given back as results expire; that takes longer than a job that waits."""
_DRAINED_S = 30.0
"""When clients are to ask again while no jobs are accepted (`mien queues drain`): until an operator says otherwise."""
_REMEMBERED_S = 600.0
"""For so long after another client's last job a client has a share only: another one may come at any time."""
_ANNOTATED_BYTES = 250_000
"""An annotated image has so many bytes or fewer, but for noise."""
_REASON = "reason"
_STAGES = ("decode", "detect", "classify")


Refusal = TypeVar("Refusal", Overloaded, QuotaExceeded, TooManyImages)


def because(reason: str, refusal: Refusal) -> Refusal:
    """The same refusal, with its reason among `contracts.metrics.REFUSALS`, which is for metrics."""
    refusal.__dict__[_REASON] = reason
    return refusal


def reason_of(refusal: Overloaded | TooManyImages) -> str:
    """The reason that `because` gave; of those that come from elsewhere, what they mean in general."""
    kinds = {Drained: "drained", QuotaExceeded: "rate", TooManyImages: "rate"}
    in_general = (reason for kind, reason in kinds.items() if isinstance(refusal, kind))
    return str(refusal.__dict__.get(_REASON, next(in_general, "store")))


class Stores(NamedTuple):
    """What tells how much waits, and how fast it is worked off."""

    jobs: JobStore
    counters: CounterStore
    heartbeats: HeartbeatStore


class Admission:
    """Decides whether there is capacity. Thread-safe; reads the pace once a second, one request for all."""

    def __init__(
        self,
        settings: Settings,
        jobs: JobStore,
        counters: CounterStore,
        heartbeats: HeartbeatStore,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._stores, self._clock = settings, Stores(jobs, counters, heartbeats), clock
        self._lock, self._measuring = threading.Lock(), threading.Lock()
        self._measured_at = float("-inf")
        self._pace_s = dict.fromkeys(JOB_QUEUES, _SECONDS_PER_IMAGE)
        self._depths = dict.fromkeys(JOB_QUEUES, 0)
        self._image_s = _SECONDS_PER_IMAGE
        self._room = Room(0, 0, writes=True)
        self._seen: dict[str, float] = {}
        self._admitted = Counter[tuple[str, str]]()  # images that are not stored yet, by queue and client
        none = ("", float("-inf"))
        self._clients = (none, none)  # the last two that differ, and when each was seen last

    @contextmanager
    def admit(self, queue: str, client: str = "", images: int = 1, *, annotate: bool = False) -> Iterator[None]:
        """Let a job through or hold it back; it is to be stored within the block.

        Args:
            queue: where the job would wait.
            client: whose it is; empty: its share does not count.
            images: how many it has.
            annotate: whether it asks for annotated images.

        Raises:
            Overloaded: with the time after which there should be capacity.
            QuotaExceeded: the same, as far as this client's share goes.
            TooManyImages: an interactive job that alone would take too long.
        """
        account = (queue, client)
        with self._lock:  # what is stored while the load is read counts twice for a moment; nothing is overlooked
            ahead = self._admitted[account]
            self._admitted[account] += images
        try:
            self.check(queue, client, images, annotate=annotate, ahead=ahead)
            yield
        finally:
            with self._lock:
                self._admitted[account] -= images
                if not self._admitted[account]:
                    del self._admitted[account]

    def check(
        self, queue: str, client: str = "", images: int = 1, *, annotate: bool = False, ahead: int | None = None
    ) -> None:
        """Find out whether `admit` would let a job through; `ahead` are the client's images that are not stored yet."""
        settings = self._settings
        if ahead is None:
            ahead = self._admitted[queue, client]
        load = self._stores.jobs.load(queue, client)
        if load.drained:
            raise self._full("drained", "No jobs are accepted while this service is maintained", _DRAINED_S)
        wait_s = load.waiting_images * self._pace(queue)
        self._check_room(wait_s / 4)
        if load.depth >= settings.max_queue_depth:
            raise self._full("depth", f"{load.depth:,} jobs are waiting already (MIEN_MAX_QUEUE_DEPTH)", wait_s / 4)
        if load.open_bytes + load.annotated_bytes >= settings.max_open_bytes:
            raise self._full(
                "open_bytes", "Too many images are waiting to be analysed (MIEN_MAX_OPEN_BYTES)", wait_s / 4
            )
        part = settings.bulk_share if queue == BULK else 1.0
        if load.queue_bytes >= part * settings.max_open_bytes or load.queue_pixels >= part * settings.max_open_pixels:
            raise self._full(
                "queue_share",
                f"Too many {queue} images are waiting (MIEN_BULK_SHARE of MIEN_MAX_OPEN_BYTES, MIEN_MAX_OPEN_PIXELS)",
                wait_s / 4,
            )
        if annotate:
            self._check_annotated(load, client, images * _ANNOTATED_BYTES)
        longest = settings.max_interactive_wait_s if queue == INTERACTIVE else settings.max_bulk_wait_s
        if wait_s > longest:
            raise self._full("wait", f"The job would wait for about {wait_s:.0f} s", wait_s - longest)
        if queue == INTERACTIVE and images > 1 and images * self._pace(queue) > longest:
            sentence = (
                f"{images} images take about {images * self._pace(queue):.0f} s, for which no other client should have "
                "to wait (MIEN_MAX_INTERACTIVE_WAIT_S); send them as a bulk job, or in smaller ones."
            )
            raise because("too_many_images", TooManyImages(sentence))
        if client:
            own = load.client_images + ahead
            work_s = (own + images) * self._pace(queue) if own else 0.0
            self._check_share(load, self._share(client), work_s, longest)

    def predicted_wait_s(self, queue: str, stores: Stores | None = None) -> float:
        """How long a job that is accepted now would wait, in seconds, by what is compared with the longest wait.

        Args:
            queue: where it would.
            stores: to ask in place of those that decide over jobs, as of a client that has less time.
        """
        return (stores or self._stores).jobs.load(queue).waiting_images * self._pace(queue, stores)

    def _check_room(self, retry_after: float) -> None:
        """Hold back what Redis has no room for, or could not keep."""
        if self._room.full:
            raise self._full(
                "redis_memory", "The job store is nearly full (Redis' maxmemory)", max(retry_after, _ROOM_S)
            )
        if not self._room.writes:
            raise self._full(
                "redis_file", "The job store cannot write its file (its disk may be full)", _LONGEST_S / 10
            )

    def _check_annotated(self, load: Load, client: str, more: int) -> None:
        """Hold back a job whose annotated images would not be kept, by the rule of ``keep_annotated.lua``."""
        limit, total = self._settings.max_annotated_bytes, load.annotated_bytes + more
        share = int(self._settings.client_share * limit)
        if total > limit:
            raise self._full(
                "annotated_bytes", "Too many annotated images are kept (MIEN_MAX_ANNOTATED_BYTES)", _LONGEST_S
            )
        if client and load.client_annotated_bytes + more > share and total > limit - share:
            sentence = (
                "This client has as many annotated images as it may (MIEN_CLIENT_SHARE of MIEN_MAX_ANNOTATED_BYTES); "
                "delete jobs whose images were fetched, or try again later."
            )
            raise because("client_share", QuotaExceeded(sentence, retry_after=_LONGEST_S))

    def _check_share(self, load: Load, share: float, work_s: float, longest_s: float) -> None:
        """Hold back a client that has its share of what waits already; its only job gets through."""
        if work_s > share * longest_s:
            limit, reset_s = f"{longest_s:g} s of waiting", work_s - share * longest_s
        elif load.client_bytes and load.client_bytes > share * self._settings.max_open_bytes:
            limit, reset_s = "MIEN_MAX_OPEN_BYTES", work_s / 4
        else:
            return
        sentence = f"This client has as much work waiting as it may (MIEN_CLIENT_SHARE of {limit}); try again later."
        retry_after = min(max(reset_s, _SHORTEST_S), _LONGEST_S)
        raise because("client_share", QuotaExceeded(sentence, retry_after=retry_after))

    def _share(self, client: str) -> float:
        """The part of what may wait that is this client's: while it is alone, all but one share."""
        share, now = self._settings.client_share, self._clock()
        with self._lock:
            if self._clients[-1][0] != client:
                self._clients = (self._clients[-1], (client, now))
            self._clients = (self._clients[0], (client, now))
            alone = now - self._clients[0][1] > _REMEMBERED_S
        return max(share, 1 - share) if alone else share

    def _full(self, reason: str, sentence: str, retry_after: float) -> Overloaded:
        retry_after = min(max(retry_after, _SHORTEST_S), _LONGEST_S)
        return because(reason, Overloaded(f"{sentence}; try again later.", retry_after=retry_after))

    def _pace(self, queue: str, stores: Stores | None = None) -> float:
        """Seconds from one image that leaves the queue to the next, over all workers."""
        if self._measuring.acquire(
            blocking=False
        ):  # one request measures: of a slow Redis no other has to wait for that
            try:
                now = self._clock()
                elapsed = now - self._measured_at
                if elapsed >= _PACE_KEPT_S:
                    self._measured_at = now
                    self._measure(elapsed, stores or self._stores)
            finally:
                self._measuring.release()
        return self._pace_s[queue]

    def _measure(self, elapsed: float, stores: Stores) -> None:
        self._room = stores.jobs.room()
        sums: defaultdict[str, float] = defaultdict(float)
        for text, value in stores.counters.read().items():
            name, labels = parse_metric_key(text)
            if name == IMAGES_DONE:
                sums[text] = value
            elif name != STAGE_SECONDS or labels.get("stage") in _STAGES:
                sums[name] += value
        since = self._since_last_time(sums)
        estimated = self._estimate(since, stores.heartbeats)
        for queue in JOB_QUEUES:
            depth, left = stores.jobs.queue_depth(queue), since[metric_key(IMAGES_DONE, queue=queue)]
            backlogged = min(depth, self._depths[queue]) >= _BACKLOG and elapsed < _PACE_IS_OLD_S
            self._depths[queue] = depth
            self._pace_s[queue] = elapsed / left if backlogged and left else estimated

    def _estimate(self, since: Mapping[str, float], heartbeats: HeartbeatStore) -> float:
        """Seconds between images if all workers were busy with one queue."""
        looked_at = since[IMAGES_ANALYZED] + since[FRAMES_ANALYZED]
        if looked_at:
            self._image_s = since[STAGE_SECONDS] / looked_at
        threads = sum(worker.threads for worker in heartbeats.live_workers() if worker.analyses)
        return self._image_s / max(1, threads)

    def _since_last_time(self, sums: Mapping[str, float]) -> defaultdict[str, float]:
        """How far the counters have come; from zero at the first reading, and after Redis has lost them."""
        seen = self._seen if all(sums.get(name, 0) >= value for name, value in self._seen.items()) else {}
        self._seen = dict(sums)
        return defaultdict(float, {name: value - seen.get(name, 0) for name, value in sums.items()})
