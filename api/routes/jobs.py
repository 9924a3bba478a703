"""``/v1/jobs``: submit, look, wait, follow, cancel."""

from contextlib import ExitStack
from typing import Any, Final

from flask import Blueprint, Response, request

from api.access.authentication import client_name, key_id
from api.access.streams import check_after_wait, while_allowed
from api.http.endpoint import JSON, NO_BODY, SCHEMA_REF, Operation, ResponseSpec, endpoint
from api.http.request_trace import note_job, stage
from api.http.responses import NOT_STORED, HeldStream, json_response
from api.http.scopes import Scope
from api.jobs import events
from api.jobs.submission import SUBMISSION_ERRORS
from api.requests import bodies, options, query
from api.requests.images import ARCHIVE_ERRORS, BODY_ERRORS
from api.requests.jobs import read_job
from api.services import current_services
from contracts import errors
from contracts.errors import AnnotatedNotFound
from contracts.jobs import Job, new_job_id
from contracts.responses import JobResponse, job_location
from contracts.results import NO_MODEL

blueprint = Blueprint("jobs", __name__, url_prefix="/v1/jobs")

_LARGE: Final = 1_000_000
"""Bytes. A smaller body is read sooner than one has asked whether it need be."""
_JOB_ERRORS: Final = (errors.JobNotFound, errors.JobGone, errors.BrokerUnavailable)
_LINKS: Final = ("getJob", "followJob", "cancelJob")
_WAIT_ERRORS: Final = (*_JOB_ERRORS, errors.Overloaded, errors.QuotaExceeded)
_EVENT: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["data"],
    "properties": {
        "id": {"type": "string", "enum": list(events.IDS)},
        "event": {"type": "string", "enum": list(events.NAMES)},
        "data": {
            "type": "string",
            "contentMediaType": JSON,
            "contentSchema": {"$ref": SCHEMA_REF.format(model=JobResponse.__name__)},
        },
    },
}


@blueprint.post("")
@endpoint(
    scope=Scope.ANALYZE,
    owned=False,
    rate_limited=True,
    body=bodies.JOB,
    operation=Operation(
        id="createJob",
        summary=lambda settings: f"Submit a job of 1 to {settings.max_job_images} images",
        tag="jobs",
        responses={
            200: ResponseSpec(
                "The job is final already (`Prefer: wait=`).", JobResponse, headers=("Location",), links=_LINKS
            ),
            202: ResponseSpec("The job is stored.", JobResponse, headers=("Location",), links=_LINKS),
        },
        errors=(*BODY_ERRORS, *ARCHIVE_ERRORS, *SUBMISSION_ERRORS, errors.WebhookRefused),
        parameters=(*options.parameters(), query.PREFER, query.IDEMPOTENCY_KEY),
    ),
)
def create_job() -> Response:
    """Accept a job: 202 once it is stored, or 200 with its result if the client prefers to wait."""
    services = current_services()
    wait = query.preferred_wait(request, services.settings.max_wait_s)
    key = query.idempotency_key(request)
    if key is None and (request.content_length or _LARGE) >= _LARGE:
        services.submission.check_unread(query.possible_queues(request), client_name())
    with ExitStack() as waiting:
        arrival = None
        if wait:
            waiting.enter_context(services.waits.hold(1, client_name()))
            arrival = waiting.enter_context(services.waiting.expecting(new_job_id()))
        with stage("parse"):
            wanted = read_job(request, services.settings)
        job = services.submission.submit(wanted, key, client_name(), api_key=key_id(), arrival=arrival)
        note_job(job)
        services.body_memory.release()
        with stage("wait"), check_after_wait(services.api_keys):
            job = services.waiting.wait_for_accepted(job, wait or 0.0, arrival=arrival)
    response = _answer(job, 200 if job.state.final else 202)
    response.headers["Location"] = job_location(job.id)
    if wait is not None:
        response.headers["Preference-Applied"] = f"wait={wait:g}"
    return response


@blueprint.get("/<job_id>")
@endpoint(
    scope=Scope.ANALYZE,
    owned=True,
    rate_limited=True,
    body=NO_BODY,
    operation=Operation(
        id="getJob",
        summary="Look at a job, or wait for it",
        tag="jobs",
        responses={200: ResponseSpec("The job as it is now.", JobResponse)},
        errors=(errors.MalformedRequest, *_WAIT_ERRORS),
        parameters=(query.JOB_ID, query.WAIT),
    ),
)
def get_job(job: Job) -> Response:
    """The job as it is, or as soon as it is final if the client waits for that."""
    services = current_services()
    wait = query.wait_seconds(request, services.settings.max_wait_s)
    note_job(job)
    if job.state.final or not wait:
        return _answer(job)
    with stage("wait"), services.waits.hold(1, client_name()), check_after_wait(services.api_keys):
        job = services.waiting.wait(job.id, wait)
    return _answer(job)


@blueprint.get("/<job_id>/events")
@endpoint(
    scope=Scope.ANALYZE,
    owned=True,
    rate_limited=True,
    body=NO_BODY,
    operation=Operation(
        id="followJob",
        summary="Follow a job's life as server-sent events",
        tag="jobs",
        responses={
            200: ResponseSpec("One event a state, with the job as its data.", _EVENT, "text/event-stream"),
            204: ResponseSpec("The last event has been seen; stop asking."),
        },
        errors=_WAIT_ERRORS,
        parameters=(query.JOB_ID, query.LAST_EVENT_ID),
    ),
)
def follow_job(job: Job) -> Response:
    """The job's life as server-sent events; 204 to a client that has seen the last one, so that it stops asking."""
    services, seen = current_services(), events.last_seen(request.headers.get("Last-Event-ID"))
    if job.state.final and seen >= events.event_id(job.state):
        return Response(status=204)
    leave = services.waits.acquire(1, client_name())
    headers = NOT_STORED | {"X-Accel-Buffering": "no"}
    told = events.stream(services.waiting, job, seen, faces_only=services.settings.faces_only)
    stream = HeldStream(while_allowed(told, services.api_keys), leave)
    return Response(stream, headers=headers, mimetype="text/event-stream")


@blueprint.get("/<job_id>/items/<int:index>/annotated")
@endpoint(
    scope=Scope.ANALYZE,
    owned=True,
    rate_limited=True,
    body=NO_BODY,
    operation=Operation(
        id="getAnnotated",
        summary="An image with its boxes drawn",
        tag="jobs",
        responses={200: ResponseSpec("The picture.", {"type": "string", "format": "binary"}, "image/jpeg")},
        errors=(AnnotatedNotFound, *_WAIT_ERRORS),
        parameters=(query.JOB_ID, query.INDEX),
    ),
)
def annotated(job: Job, index: int) -> Response:
    """One of the job's images with its boxes drawn, as JPEG."""
    services = current_services()
    hidden = services.settings.faces_only and not _drawn_without_emotions(job, index)
    jpeg = None if hidden else services.jobs.annotated_images.get(job.id, index)
    if jpeg is None:
        raise AnnotatedNotFound(f'Job {job.id} keeps no annotated image {index}; submit it with "annotate": true.')
    leave = services.body_limiter.acquire(len(jpeg), client_name())
    response = Response(jpeg, headers=NOT_STORED, mimetype="image/jpeg")
    response.call_on_close(leave)
    return response


@blueprint.delete("/<job_id>")
@endpoint(
    scope=Scope.ANALYZE,
    owned=True,
    rate_limited=True,
    body=NO_BODY,
    operation=Operation(
        id="cancelJob",
        summary="Cancel a job that no worker has begun, or erase one that is final",
        tag="jobs",
        responses={
            200: ResponseSpec("The job was not final; it is canceled now, or goes on if a worker had it.", JobResponse),
            204: ResponseSpec("The job was final; all that was kept of it is erased."),
        },
        errors=_JOB_ERRORS,
        parameters=(query.JOB_ID,),
    ),
)
def cancel_job(job: Job) -> Response:
    """Erase a final job; cancel another one unless a worker has begun it, and answer with what it is now."""
    services = current_services()
    if services.eraser.erase(job.id):
        return Response(status=204, headers=NOT_STORED)
    services.jobs.cancel(job.id)
    return _answer(services.jobs.get(job.id))


def _drawn_without_emotions(job: Job, index: int) -> bool:
    """Whether the job's result says that no expression was read in this image, and so none is drawn."""
    return any(item.index == index and item.analysis and item.analysis.model == NO_MODEL for item in job.items)


def _answer(job: Job, status: int = 200) -> Response:
    faces_only = current_services().settings.faces_only
    return json_response(JobResponse.of(job, faces_only=faces_only), status, NOT_STORED)
