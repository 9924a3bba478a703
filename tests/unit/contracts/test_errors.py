"""Codes are for ever: stored results and clients rely on them."""

from contracts import errors
from contracts.errors import MienError, Overloaded

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
    "unavailable": 503,
    "unsupported_image_format": 415,
    "unsupported_media_type": 415,
}


def every_error() -> list[type[MienError]]:
    found = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, MienError)]
    assert len(found) > 20
    return found


def test_published_codes_keep_their_meaning() -> None:
    now = {error.code: error.status for error in every_error()}
    assert {code: now.get(code) for code in FOR_EVER} == FOR_EVER


def test_codes_are_unique_and_every_error_has_a_title_and_a_docstring() -> None:
    classes = every_error()
    assert len({error.code for error in classes}) == len(classes)
    assert all(error.title and error.__doc__ for error in classes)


def test_an_error_is_a_sentence_and_names_its_field() -> None:
    error = Overloaded("Come back later.", retry_after=3, field="image")
    assert (str(error), error.field, error.retry_after) == ("Come back later.", "image", 3)
