"""Answers made of a model."""

from api.http.responses import NOT_STORED, json_response
from contracts.results import Box


def test_a_model_is_answered_as_json_with_status_and_headers() -> None:
    answer = json_response(Box(x=1, y=2, width=3, height=4), 202, NOT_STORED | {"Location": "/there"})
    assert (answer.status_code, answer.mimetype) == (202, "application/json")
    assert answer.get_json() == {"x": 1, "y": 2, "width": 3, "height": 4}
    assert (answer.headers["Location"], answer.headers["Cache-Control"]) == ("/there", "no-store")


def test_nothing_is_added_unasked() -> None:
    answer = json_response(Box(x=1, y=2, width=3, height=4))
    assert answer.status_code == 200
    assert "Cache-Control" not in answer.headers
