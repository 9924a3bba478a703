"""Whose a job is: its results, its events and its images are shown to the API key that made it, and to no other.

Whose a job was that is kept no more is not known. So that an id does not tell another client whether its job is still
kept, both are answered alike: to a key as if the job had never been, and without a key as if it were gone.
"""

from functools import wraps
from typing import Any, cast

from flask import Flask

from api.access.authentication import current_key
from api.access.keys import ApiKey
from api.http.endpoint import View, declaration_of
from api.http.scopes import Scope
from contracts.errors import JobGone, JobNotFound, NotFound
from contracts.jobs import Job
from contracts.storage.jobs import JobStore


def may_see(job: Job, key: ApiKey | None) -> bool:
    """Whether a client with this key, or without one, may see and cancel this job.

    A job that was made without a key belongs to no client: its id, which cannot be guessed, is what allows it.
    """
    if not job.client:
        return True
    return key is not None and (key.id == job.client or Scope.OPERATE in key.scopes)


def protect_jobs(app: Flask, jobs: JobStore) -> None:
    """Give every view that declares itself owned the job in place of its id, if the client may see it.

    To all others it is as a job that is gone; and to a key without the scope `operate` that is as one that never was.

    Args:
        app: has all its views already; their rates are counted around this, so that guessing ids counts as well.
        jobs: where the job is read.
    """
    for name, view in app.view_functions.items():
        if declaration_of(view).owned:
            app.view_functions[name] = _protected(view, jobs)


def _protected(view: View, jobs: JobStore) -> View:
    @wraps(view)
    def checked(job_id: str, **arguments: Any) -> Any:
        key = current_key()
        try:
            job = jobs.get(job_id)
        except JobGone as error:
            raise _absent(key) from error
        if not may_see(job, key):
            raise _absent(key)
        return view(job=job, **arguments)

    return cast(View, checked)


def _absent(key: ApiKey | None) -> NotFound:
    """The answer for a job that is another client's, and for one that is gone."""
    if key is not None and Scope.OPERATE not in key.scopes:
        return JobNotFound("There is no job of this id.")
    return JobGone(
        "This job is gone: a result is kept for a while, unless it is deleted or the job store loses its data before."
    )
