"""Codes are for ever: stored results and clients rely on them."""

import re

from contracts import errors
from contracts.errors import MienError

FOR_EVER = {
    "analysis_failed",
    "attempts_exhausted",
    "broker_unavailable",
    "camera_not_found",
    "configuration_error",
    "corrupt_image",
    "deadline_exceeded",
    "empty_body",
    "image_too_large",
    "internal_error",
    "invalid_image",
    "invalid_request",
    "invalid_weights",
    "job_failed",
    "job_gone",
    "job_not_found",
    "malformed_request",
    "not_an_image",
    "not_base64",
    "not_found",
    "overloaded",
    "payload_too_large",
    "unavailable",
    "unsupported_image_format",
    "unsupported_media_type",
}


def every_error() -> list[type[MienError]]:
    found = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, MienError)]
    assert len(found) > 20
    return found


def test_published_codes_are_kept() -> None:
    assert {error.code for error in every_error()} >= FOR_EVER


def test_codes_are_unique_and_every_error_has_a_docstring() -> None:
    classes = every_error()
    assert len({error.code for error in classes}) == len(classes)
    assert all(error.__doc__ for error in classes)


def test_an_error_is_a_sentence_and_names_its_field() -> None:
    error = MienError("Come back later.", field="image")
    assert (str(error), error.field, error.members) == ("Come back later.", "image", {})


def test_every_error_is_in_the_tree_of_the_package() -> None:
    assert errors.__doc__
    assert [error.__name__ for error in every_error() if not re.search(rf"\b{error.__name__}\b", errors.__doc__)] == []
    assert {error.__name__ for error in every_error()} == set(errors.__all__)
