"""The way of a job into the system: room for it, stored durably and once, announced to the workers."""

import hashlib
import logging
import time
from collections.abc import Callable
from functools import partial

from api.requests.jobs import JobRequest, Options
from api.services import Services
from contracts.errors import BrokerUnavailable, IdempotencyConflict, JobGone, MalformedRequest
from contracts.jobs import Job, JobOptions, new_job_id

_LONGEST_KEY = 255
_STORING_S = 10.0
"""How long a request with the same key may take to store its job before this one stores it."""
_LOOK_EVERY_S = 0.02

log = logging.getLogger(__name__)


def submit(
    mien: Services, request: JobRequest, key: str | None = None, client: str = "", *, admitted: bool = False
) -> Job:
    """Accept a job, or find the one that this idempotency key already stands for. Once this returns it cannot be lost.

    Args:
        mien: the services.
        request: what is to be analysed.
        key: the client's idempotency key.
        client: whose key that is.
        admitted: whether `check_room` has been asked for this request already.

    Raises:
        Overloaded, QuotaExceeded: no room. BrokerUnavailable: nothing was stored.
        IdempotencyConflict: the key was used for another request.
    """
    if key is None:
        return _store(mien, new_job_id(), request, admitted=admitted)
    if not 0 < len(key) <= _LONGEST_KEY:
        raise MalformedRequest(f"An idempotency key has 1 to {_LONGEST_KEY} characters.", field="Idempotency-Key")
    fingerprint = _fingerprint(request)
    while True:
        claimed = mien.once.claim(client, key, new_job_id(), fingerprint)
        if claimed.fingerprint != fingerprint:
            raise IdempotencyConflict("This Idempotency-Key was used for another request.", field="Idempotency-Key")
        if claimed.first:
            return _store_first(mien, claimed.job_id, request, partial(mien.once.release, client, key, claimed.job_id))
        try:
            return _stored_by_another(mien, claimed.job_id)
        except JobGone:  # the job has outlived its time, or whoever claimed the key has died before storing it
            mien.once.release(client, key, claimed.job_id)


def _store_first(mien: Services, job_id: str, request: JobRequest, release: Callable[[], None]) -> Job:
    try:
        return _store(mien, job_id, request)
    except BrokerUnavailable:  # nobody can tell whether the job was stored: who comes again with the key will find out
        raise
    except Exception:
        release()
        raise


def _stored_by_another(mien: Services, job_id: str) -> Job:
    end = time.monotonic() + _STORING_S
    while True:
        try:
            return mien.jobs.get(job_id)
        except JobGone:
            if time.monotonic() >= end:
                raise
            time.sleep(_LOOK_EVERY_S)


def _store(mien: Services, job_id: str, request: JobRequest, *, admitted: bool = False) -> Job:
    options = request.options
    if not admitted:
        check_room(mien, options.priority)
    with mien.storing.entered():
        job = mien.jobs.create(
            request.images,
            options.priority,
            job_id=job_id,
            deadline_at=None if options.deadline is None else time.time() + options.deadline,
            options=_stored_options(options),
        )
        _announce(mien, job)
    return job


def check_room(mien: Services, queue: str) -> None:
    """Find out whether a job would be accepted.

    Raises:
        Overloaded: it would not.
    """
    with mien.storing.entered():  # a gateway that is late answers without asking Redis
        mien.admission.check(queue)


def _announce(mien: Services, job: Job) -> None:
    try:
        mien.dispatcher.job(job.id, job.queue)
    except BrokerUnavailable as error:
        log.warning("job %s is stored and will be announced by the reconciler: %s", job.id, error)


def _stored_options(options: Options) -> JobOptions:
    return JobOptions(annotate=options.annotate, webhook=options.webhook or "", metadata=options.metadata)


def _fingerprint(request: JobRequest) -> str:
    digest = hashlib.sha256(request.options.model_dump_json().encode())
    for image in request.images:
        digest.update(len(image).to_bytes(8, "big"))
        digest.update(image)
    return digest.hexdigest()
