"""``POST /detect_emotion``: a photo in, its faces and emotions out, in one request."""

from contextlib import nullcontext
from typing import Final

from flask import Blueprint, Response, request

from api.access.authentication import client_name, key_id
from api.access.streams import check_after_wait
from api.http.connection import disconnected
from api.http.endpoint import Operation, ResponseSpec, endpoint
from api.http.problems import error_of
from api.http.request_trace import note_job, stage
from api.http.responses import json_response
from api.http.scopes import Scope
from api.jobs.submission import SUBMISSION_ERRORS
from api.requests import bodies, query
from api.requests.images import BODY_ERRORS, read_image
from api.requests.jobs import JobRequest
from api.requests.options import Options
from api.services import Services, current_services
from contracts.errors import AnalysisFailed, DeadlineExceeded, JobCanceled
from contracts.jobs import Job, JobState, new_job_id
from contracts.queues import INTERACTIVE
from contracts.responses import AcceptedResponse, DetectionResponse, job_location

blueprint = Blueprint("detect", __name__)

_ASK_AGAIN_S: Final = 1
_DETECT: Final = Operation(
    id="detectEmotion",
    summary="Read the faces of one photo",
    tag="photos",
    responses={
        200: ResponseSpec(
            "What was found; without a face `emotion` is null and `faces` is empty.",
            DetectionResponse,
            headers=("Mien-Job",),
        ),
        202: ResponseSpec(
            "Not finished in time; the job goes on.", AcceptedResponse, headers=("Location", "Retry-After")
        ),
    },
    errors=(*BODY_ERRORS, *SUBMISSION_ERRORS, AnalysisFailed, JobCanceled, DeadlineExceeded),
    parameters=(query.IDEMPOTENCY_KEY,),
)


@blueprint.post("/detect_emotion")
@endpoint(scope=Scope.ANALYZE, owned=False, rate_limited=True, body=bodies.PHOTO, operation=_DETECT)
def detect_emotion() -> Response:
    """Submit a job of one image, wait for it, and answer as if it were a plain function call."""
    with current_services().waits.hold(1, client_name()):
        job = _submit_and_wait(current_services())
    return _detection(job) if job.state.final else _accepted(job)


def _submit_and_wait(services: Services) -> Job:
    key = query.idempotency_key(request)
    with services.waiting.expecting(new_job_id()) as arrival:
        # Before the photo is read: what is refused has to be cheap. A key may stand for a job that has its place.
        with services.submission.admit(INTERACTIVE, client_name()) if key is None else nullcontext():
            with stage("parse"):
                wanted = JobRequest(read_image(request, services.settings), Options(priority=INTERACTIVE))
            job = services.submission.submit(
                wanted, key, client_name(), api_key=key_id(), arrival=arrival, admitted=key is None
            )
        note_job(job)
        del wanted
        services.body_memory.release()
        gone = disconnected(request.environ)
        with stage("wait"), check_after_wait(services.api_keys):
            job = services.waiting.wait_for_accepted(job, services.settings.sync_timeout_s, gone, arrival)
    if not job.state.final and key is None and gone():
        services.jobs.cancel(job.id)  # no client is there to read the answer, and none knows the id
    return job


def _detection(job: Job) -> Response:
    if job.error is not None:
        raise error_of(job.error)
    if job.state is JobState.EXPIRED:
        raise DeadlineExceeded("The job's deadline passed before a worker came to it.")
    if job.state is JobState.CANCELED:
        raise JobCanceled("The job was canceled before a worker came to it.")
    (item,) = job.items
    if item.error is not None:
        raise error_of(item.error)
    if item.analysis is None:
        raise TypeError(f"job {job.id} has neither an analysis nor an error")
    found = DetectionResponse.of(item.analysis, faces_only=current_services().settings.faces_only)
    return json_response(found, headers={"Mien-Job": job.id})


def _accepted(job: Job) -> Response:
    location = job_location(job.id)
    message = "The job is not finished yet; ask for its result at the given location."
    body = AcceptedResponse(job=job.id, state=job.state, location=location, message=message)
    return json_response(body, 202, {"Location": location, "Retry-After": str(_ASK_AGAIN_S)})
