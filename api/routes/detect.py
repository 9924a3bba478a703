"""``POST /detect_emotion``: a photo in, its faces and emotions out, in one request."""

from flask import Blueprint, Response, request

from api.http.connection import client_name, vanished
from api.http.problems import error_of
from api.jobs.submission import check_room, submit
from api.overload.body_memory import release
from api.requests.images import read_image
from api.requests.jobs import JobRequest, Options
from api.services import services
from contracts.errors import DeadlineExceeded, JobCanceled
from contracts.jobs import Job, JobState
from contracts.queues import INTERACTIVE
from contracts.responses import AcceptedResponse, DetectionResponse, job_location

blueprint = Blueprint("detect", __name__)

_ASK_AGAIN_S = 1


@blueprint.post("/detect_emotion")
def detect_emotion() -> Response:
    """Submit a job of one image, wait for it, and answer as if it were a plain function call."""
    mien = services()
    key = request.headers.get("Idempotency-Key")
    if key is None:
        check_room(mien, INTERACTIVE)  # before the photo is read: what is refused has to be cheap
    wanted = JobRequest([read_image(request, mien.settings)], Options(priority=INTERACTIVE))
    job = submit(mien, wanted, key, client_name(), admitted=key is None)
    del wanted
    release()
    gone = vanished(request.environ)
    job = mien.waiting.wait_for_accepted(job, mien.settings.sync_timeout_s, gone)
    if not job.state.final and key is None and gone():
        mien.jobs.cancel(job.id)  # nobody is there to read the answer, and nobody knows the id
    return _detection(job) if job.state.final else _accepted(job)


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
    body = DetectionResponse.of(item.analysis).model_dump_json()
    return Response(body, headers={"Mien-Job": job.id}, mimetype="application/json")


def _accepted(job: Job) -> Response:
    location = job_location(job.id)
    message = "The job is not finished yet; ask for its result at the given location."
    body = AcceptedResponse(job=job.id, state=job.state, location=location, message=message)
    headers = {"Location": location, "Retry-After": str(_ASK_AGAIN_S)}
    return Response(body.model_dump_json(), 202, headers, mimetype="application/json")
