"""Statuses and titles: every error has one, and the published ones keep theirs."""

from api.http.statuses import STATUSES, status_of
from contracts import errors
from contracts.errors import MienError

FOR_EVER = {
    "analysis_failed": 500,
    "attempts_exhausted": 500,
    "broker_unavailable": 503,
    "camera_not_found": 404,
    "configuration_error": 500,
    "corrupt_image": 422,
    "deadline_exceeded": 504,
    "empty_body": 400,
    "image_too_large": 413,
    "internal_error": 500,
    "invalid_image": 422,
    "invalid_request": 400,
    "invalid_weights": 500,
    "job_failed": 500,
    "job_gone": 410,
    "job_not_found": 404,
    "malformed_request": 422,
    "not_an_image": 422,
    "not_base64": 422,
    "not_found": 404,
    "overloaded": 503,
    "payload_too_large": 413,
    "record_unreadable": 503,
    "unavailable": 503,
    "unsupported_image_format": 415,
    "unsupported_media_type": 415,
}


def every_error() -> list[type[MienError]]:
    found = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, MienError)]
    assert len(found) > 20
    return found


def test_published_codes_keep_their_meaning() -> None:
    now = {error.code: status_of(error).status for error in every_error()}
    assert {code: now.get(code) for code in FOR_EVER} == FOR_EVER


def test_the_table_is_complete_and_every_error_has_a_title() -> None:
    assert STATUSES.keys() == set(every_error())
    assert all(status.title and 400 <= status.status < 600 for status in STATUSES.values())


def test_an_error_that_is_not_in_the_table_is_answered_as_its_parent() -> None:
    class Stranger(errors.JobGone):
        """Of a package that the gateway does not know."""

    assert status_of(Stranger) == STATUSES[errors.JobGone]
