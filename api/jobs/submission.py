"""The way of a job into the system: admitted, and stored once."""

import hashlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Final, NamedTuple

from api.http.request_metrics import RequestMetrics
from api.http.request_trace import current_origin, stage
from api.jobs.idempotency import IdempotencyStore
from api.jobs.waiting import Arrival
from api.overload.admission import Admission, reason_of
from api.overload.concurrency import ConcurrencyLimiter
from api.requests.images import ImageList, Images
from api.requests.jobs import JobRequest
from api.requests.offload import run_beside
from api.requests.options import Options
from api.requests.pixels import MeasuredImages
from contracts import errors
from contracts.errors import AcceptanceUnknown, IdempotencyConflict, JobGone, MienError, Overloaded, TooManyImages
from contracts.jobs import Job, JobOptions, new_job_id
from contracts.storage.connections import MovedUnsent, is_away, none_free
from contracts.storage.jobs import JobStore

_STORING_S: Final = 10.0
"""How long a request with the same key may take to store its job before this one stores it."""
_LOOK_EVERY_S: Final = 0.02
_COUNTED: Final = "counted"
"""Attribute of a refusal that metrics have."""

SUBMISSION_ERRORS: Final = (
    errors.IdempotencyConflict,
    errors.Overloaded,
    errors.QuotaExceeded,
    errors.BrokerUnavailable,
    errors.AcceptanceUnknown,
)
"""What `Submission.submit` raises."""

logger = logging.getLogger(__name__)


class _Sender(NamedTuple):
    client: str
    api_key: str
    gateway: str


class Submission:
    """Accepts jobs. Thread-safe, and the same for all requests of a process."""

    def __init__(
        self,
        jobs: JobStore,
        idempotency: IdempotencyStore,
        admission: Admission,
        storing: ConcurrencyLimiter,
        *,
        measure: Callable[[Images], MeasuredImages],
        count: Callable[[int], None],
        metrics: RequestMetrics | None = None,
    ) -> None:
        """Wire the parts.

        Args:
            jobs: where a job is stored.
            idempotency: which job a client's key stands for.
            admission: whether the workers would come to a job in reasonable time.
            storing: how many jobs this process stores at the same time.
            measure: adds up the pixels of images.
            count: counts images towards the rate of the client, or refuses them for it.
            metrics: where jobs are counted, accepted and refused ones.
        """
        self._metrics = metrics
        self._jobs, self._idempotency, self._admission = jobs, idempotency, admission
        self._storing, self._measure = storing, measure
        self._count = count

    def submit(
        self,
        request: JobRequest,
        key: str | None = None,
        client: str = "",
        *,
        api_key: str = "",
        arrival: Arrival | None = None,
        admitted: bool = False,
    ) -> Job:
        """Accept a job, or find the one that this idempotency key already stands for.

        Once this returns, no process that dies takes the job along; docs/reliability.md says what a power cut does.

        Args:
            request: what is to be analysed.
            key: the client's idempotency key.
            client: whose key that is.
            api_key: id of the API key that the job will belong to.
            arrival: of the room where the client waits; a new job gets its id.
            admitted: whether this is called within `admit`, for this request.

        Raises:
            Overloaded: not admitted.
            AcceptanceUnknown: the job may have been stored, or may not.
            BrokerUnavailable: nothing was stored.
            IdempotencyConflict: the key was used for another request.
            QuotaExceeded, TooManyImages: the client's rate has no capacity for so many images, now or ever.
        """
        sender = _Sender(client, api_key, arrival.gateway if arrival else "")
        job_id = arrival.job_id if arrival else new_job_id()
        with self._counting_refusals(request.options.priority):
            return self._submit(job_id, request, key, sender, admitted=admitted)

    def _submit(self, job_id: str, request: JobRequest, key: str | None, sender: _Sender, *, admitted: bool) -> Job:
        client = sender.client
        if key is None:
            return self._store(job_id, request, sender, admitted=admitted)
        fingerprint = _fingerprint(request)
        while True:
            claimed = self._idempotency.claim(client, key, job_id, fingerprint)
            release = partial(self._idempotency.release, client, key, claimed.job_id)
            if claimed.fingerprint != fingerprint:
                raise IdempotencyConflict("This Idempotency-Key was used for another request.", field="Idempotency-Key")
            try:
                if claimed.first:
                    return self._store_first(claimed.job_id, request, sender, release)
                return self._stored_by_another(claimed.job_id)
            except (
                JobGone
            ):  # the job has outlived its time, or the request that claimed the key is too late to store it
                release()

    @contextmanager
    def admit(self, queue: str, client: str = "", images: int = 1, *, annotate: bool = False) -> Iterator[None]:
        """Let a job through, or not; see `Admission.admit`. It is submitted within the block.

        Raises:
            Overloaded, QuotaExceeded: it is held back.
        """
        with ExitStack() as admitted, self._counting_refusals(queue):
            with stage("admit"), self._storing.hold(1, client):  # a gateway that is late answers without asking Redis
                admitted.enter_context(self._admission.admit(queue, client, images, annotate=annotate))
            yield

    def check_unread(self, queues: Iterable[str], client: str) -> None:
        """Refuse a large body before it is read, if its job would be held back in whichever of the queues it may name.

        Raises:
            Overloaded, QuotaExceeded: what the last of them answers.
        """
        refusal: Overloaded | None = None
        for queue in queues:
            try:
                with self._storing.hold(1, client):
                    self._admission.check(queue, client)
                return
            except Overloaded as error:
                refusal = error
        if refusal is not None:
            with self._counting_refusals(queue):
                raise refusal

    @contextmanager
    def _counting_refusals(self, queue: str) -> Iterator[None]:
        """Count a job that is held back within the block, once however many blocks it leaves."""
        try:
            yield
        except (Overloaded, TooManyImages) as error:
            if self._metrics is not None and not error.__dict__.setdefault(_COUNTED, False):
                error.__dict__[_COUNTED] = True
                self._metrics.refused(queue, reason_of(error))
            raise

    def _store_first(self, job_id: str, request: JobRequest, sender: _Sender, release: Callable[..., None]) -> Job:
        try:
            return self._store(job_id, request, sender, once=True)
        except AcceptanceUnknown:  # a client that comes again will find out
            raise
        except Exception as error:
            # One that is away would not answer to this, either, and the client is to have its answer.
            crowded = none_free(error)
            if crowded or not is_away(error) or isinstance(error.__cause__, MovedUnsent):
                _let_go(partial(release, aside=crowded))
            raise

    def _stored_by_another(self, job_id: str) -> Job:
        end = time.monotonic() + _STORING_S
        while True:
            try:
                job = self._jobs.get(job_id)
                self._jobs.confirm(job)
                return job
            except JobGone:
                if time.monotonic() >= end:
                    raise
                time.sleep(_LOOK_EVERY_S)

    def _store(
        self, job_id: str, request: JobRequest, sender: _Sender, *, admitted: bool = False, once: bool = False
    ) -> Job:
        options, images = request.options, request.images
        if not admitted:
            with self.admit(options.priority, sender.client, len(images), annotate=options.annotate):
                return self._store(job_id, request, sender, admitted=True, once=once)
        if not isinstance(images, ImageList) or images.pixels is None:
            images = self._measure(images)
        with stage("store"), self._storing.hold(1, sender.client):
            self._count(len(images))
            job = self._jobs.create(
                images,
                options.priority,
                job_id=job_id,
                deadline_s=options.deadline,
                options=_stored_options(options),
                names=request.images.names,
                client=sender.api_key,
                sender=sender.client,
                gateway=sender.gateway,
                pixels=lambda: images.pixels or 0,
                once=once,
                origin=current_origin(),
            )
        if self._metrics is not None:
            self._metrics.accepted(options.priority, len(images))
        return job


def _let_go(release: Callable[[], None]) -> None:
    """Release a key, if that can be done: the client is to hear why its job was not stored, and not of this."""
    try:
        release()
    except MienError as error:
        logger.warning("an Idempotency-Key still stands for a job that was not stored: %s", error)


def _stored_options(options: Options) -> JobOptions:
    return JobOptions(
        annotate=options.annotate, blur=options.blur, webhook=options.webhook or "", metadata=options.metadata
    )


def _fingerprint(request: JobRequest) -> str:
    """What makes two requests the same: options and images. File names are labels and do not count."""
    later = set() if request.options.blur else {"blur"}  # a version without it has the same fingerprint
    digest = hashlib.sha256(request.options.model_dump_json(exclude=later).encode())
    for image in request.images:
        digest.update(len(image).to_bytes(8, "big"))
        run_beside(len(image), digest.update, image)
    return digest.hexdigest()
