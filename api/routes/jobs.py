"""``/v1/jobs``: submit, look, wait, cancel."""

from flask import Blueprint, Response, request

from api.answers import JobAnswer
from api.bodies import read_image
from api.parameters import wait_seconds
from api.services import services
from api.submission import submit
from contracts.jobs import Job
from contracts.queues import BULK

blueprint = Blueprint("jobs", __name__, url_prefix="/v1/jobs")


@blueprint.post("")
def create_job() -> Response:
    """Accept a job: 202 once it is durably stored."""
    mien = services()
    job = submit(mien, [read_image(request, mien.settings)], BULK)
    response = _answer(job, 202)
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return response


@blueprint.get("/<job_id>")
def get_job(job_id: str) -> Response:
    """The job as it is, or as soon as it is final if the client waits for that."""
    mien = services()
    return _answer(mien.waiting.wait(job_id, wait_seconds(request, mien.settings.max_wait_s)))


@blueprint.delete("/<job_id>")
def cancel_job(job_id: str) -> Response:
    """Cancel the job unless a worker has begun it; either way, answer with what it is now."""
    mien = services()
    mien.jobs.cancel(job_id)
    return _answer(mien.jobs.get(job_id))


def _answer(job: Job, status: int = 200) -> Response:
    response = Response(JobAnswer.of(job).model_dump_json(), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
