"""``/v1/jobs``: submit, look, wait, follow, cancel."""

import re

from flask import Blueprint, Response, request

from api.http.connection import client_name
from api.jobs import events
from api.jobs.submission import submit
from api.overload.body_memory import release
from api.requests.jobs import read_job
from api.requests.query import seconds_to_wait, wait_seconds
from api.services import services
from contracts.errors import AnnotatedNotFound
from contracts.jobs import Job
from contracts.responses import JobResponse, job_location

blueprint = Blueprint("jobs", __name__, url_prefix="/v1/jobs")

_PREFER_WAIT = re.compile(r"(?:^|[,;]\s*)wait\s*=\s*\"?([^\s,;\"]+)", re.IGNORECASE)


@blueprint.post("")
def create_job() -> Response:
    """Accept a job: 202 once it is durably stored, or 200 with its result if the client prefers to wait."""
    mien = services()
    preferred = _PREFER_WAIT.search(request.headers.get("Prefer", ""))
    wait = seconds_to_wait(preferred[1], "Prefer", mien.settings.max_wait_s) if preferred else 0.0
    job = submit(mien, read_job(request, mien.settings), request.headers.get("Idempotency-Key"), client_name())
    release()
    job = mien.waiting.wait_for_accepted(job, wait)
    response = _answer(job, 200 if job.state.final else 202)
    response.headers["Location"] = job_location(job.id)
    if preferred:
        response.headers["Preference-Applied"] = f"wait={wait:g}"
    return response


@blueprint.get("/<job_id>")
def get_job(job_id: str) -> Response:
    """The job as it is, or as soon as it is final if the client waits for that."""
    mien = services()
    return _answer(mien.waiting.wait(job_id, wait_seconds(request, mien.settings.max_wait_s)))


@blueprint.get("/<job_id>/events")
def follow_job(job_id: str) -> Response:
    """The job's life as server-sent events; 204 to a client that has seen the last one, so that it stops asking."""
    mien = services()
    job = mien.jobs.get(job_id)
    seen = events.seen_by(request.headers.get("Last-Event-ID"))
    if job.state.final and seen >= events.place(job.state):
        return Response(status=204)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Response(events.stream(mien.waiting, job, seen), headers=headers, mimetype="text/event-stream")


@blueprint.get("/<job_id>/items/<int:index>/annotated")
def annotated(job_id: str, index: int) -> Response:
    """One of the job's images with its boxes drawn, as JPEG."""
    mien = services()
    mien.jobs.get(job_id)
    jpeg = mien.jobs.annotated(job_id, index)
    if jpeg is None:
        raise AnnotatedNotFound(f'Job {job_id} keeps no annotated image {index}; submit it with "annotate": true.')
    return Response(jpeg, headers={"Cache-Control": "private, no-store"}, mimetype="image/jpeg")


@blueprint.delete("/<job_id>")
def cancel_job(job_id: str) -> Response:
    """Cancel the job unless a worker has begun it; either way, answer with what it is now."""
    mien = services()
    mien.jobs.cancel(job_id)
    return _answer(mien.jobs.get(job_id))


def _answer(job: Job, status: int = 200) -> Response:
    response = Response(JobResponse.of(job).model_dump_json(), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
