"""Histories over HTTP."""

import time

import pytest
from flask.testing import FlaskClient

from api.live import history
from contracts.emotions import EMOTIONS
from contracts.frames import CameraOptions, Frame, FrameStamp
from contracts.history import HistorySample, SampledFace
from contracts.storage.frames import FrameStore
from contracts.storage.history import HistoryStore

URL = "/v1/cameras/cam/history"


@pytest.fixture
def sampled(client: FlaskClient) -> None:
    """A camera with one sample."""
    services = client.application.extensions["mien"]
    face = SampledFace(track=1, emotion="Sad", scores=tuple(940 if label == "Sad" else 10 for label in EMOTIONS))
    store: HistoryStore = services.history
    store.add("cam", HistorySample(epoch=1, captured_at=time.time(), kept_s=60, faces=[face]))


@pytest.mark.usefixtures("sampled")
def test_a_history_comes_as_json_table_or_subtitles(client: FlaskClient) -> None:
    told = client.get(URL)
    assert told.headers["Cache-Control"] == "no-store"
    assert [person["spans"][0]["emotion"] for person in told.get_json()["people"]] == ["Sad"]
    table, subtitles = client.get(f"{URL}?format=csv"), client.get(f"{URL}?format=vtt")
    assert (table.mimetype, len(table.text.splitlines())) == ("text/csv", 2)
    assert (subtitles.mimetype, subtitles.text[:6]) == ("text/vtt", "WEBVTT")


@pytest.mark.usefixtures("sampled")
def test_it_is_of_the_time_that_is_asked_for(client: FlaskClient) -> None:
    assert client.get(f"{URL}?since=0&until=1000").get_json()["people"] == []
    told = client.get(f"{URL}?since=1000").get_json()
    assert (told["since"], len(told["people"])) == (1000, 1)


def test_a_camera_that_is_not_known_or_keeps_nothing_is_no_empty_history(client: FlaskClient) -> None:
    assert client.get(URL).get_json()["code"] == "camera_not_found"
    frames: FrameStore = client.application.extensions["mien"].frames
    frames.publish(Frame("cam", FrameStamp(1, 1), time.time(), b"jpeg"))
    answer = client.get(URL)
    assert (answer.status_code, "history_s" in answer.get_json()["detail"]) == (404, True)
    frames.publish(Frame("cam", FrameStamp(1, 2), time.time(), b"jpeg", options=CameraOptions(history_s=60)))
    assert client.get(URL).get_json()["people"] == []


@pytest.mark.parametrize(
    ("asked", "field"),
    [("format=xml", "format"), ("since=x", "since"), ("until=-1", "until"), ("since=9&until=3", "until")],
)
def test_what_cannot_be_meant_is_refused(client: FlaskClient, asked: str, field: str) -> None:
    answer = client.get(f"{URL}?{asked}")
    assert (answer.status_code, answer.get_json()["field"]) == (422, field)


@pytest.mark.usefixtures("sampled")
def test_a_history_is_erased_and_that_is_noted(client: FlaskClient) -> None:
    answer = client.delete(URL)
    assert (answer.get_json(), answer.headers["Cache-Control"]) == ({"camera": "cam", "erased": True}, "no-store")
    assert client.get(URL).status_code == 404
    assert client.delete(URL).get_json()["erased"] is False
    audit = client.application.extensions["mien"].api_keys.audit
    assert "history of camera cam" in str(audit.changes(9))


@pytest.mark.parametrize("name", ["a%0Ab", "a%1B", "x" * 65, "ä"])
def test_no_camera_has_such_a_name(client: FlaskClient, name: str) -> None:
    for answer in (client.get(f"/v1/cameras/{name}/history"), client.delete(f"/v1/cameras/{name}/history")):
        assert (answer.status_code, answer.get_json()["code"]) == (404, "camera_not_found")


@pytest.mark.usefixtures("sampled")
def test_an_answer_in_any_format_says_from_where_to_ask_on(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Mien-Truncated-At" not in client.get(f"{URL}?format=csv").headers
    monkeypatch.setattr(history, "MOST_SAMPLES", 0)
    answer = client.get(f"{URL}?format=csv")
    assert answer.headers["Mien-Truncated-At"] == f"{client.get(URL).get_json()['until']:.3f}"
