"""Events over HTTP: what is asked for, and what is refused."""

import pytest
from flask.testing import FlaskClient

from contracts.events import CameraEvent, EventKind
from support.gateway import MakeApp


@pytest.fixture
def client(make_app: MakeApp) -> FlaskClient:
    return make_app(events_s=60).test_client()


def tell(client: FlaskClient, track: int) -> None:
    store = client.application.extensions["mien"].events
    before, noted = store.noted("cam")
    event = CameraEvent(at=5.0, camera="cam", kind=EventKind.APPEARED, epoch=1, track=track)
    store.note("cam", before, noted.model_copy(update={"sequence": noted.sequence + 1}), [event])


def test_events_are_off_unless_they_are_kept(make_app: MakeApp) -> None:
    answer = make_app().test_client().get("/v1/events")
    assert answer.status_code == 404
    assert "MIEN_EVENTS_S" in answer.get_json()["detail"]


def test_a_client_that_comes_back_is_told_what_it_has_missed(client: FlaskClient) -> None:
    tell(client, 1)
    known = client.application.extensions["mien"].events.newest()
    tell(client, 2)
    answer = client.get("/v1/events", headers={"Last-Event-ID": known}, buffered=False)
    parts = iter(answer.response)
    assert answer.mimetype == "text/event-stream"
    told = [next(parts), next(parts)]
    answer.close()
    assert b'"track":2' in told[1]
    assert b'"track":1' not in told[1]


@pytest.mark.parametrize(
    ("query", "headers", "field"),
    [
        ("?kind=came", {}, "kind"),
        ("", {"Last-Event-ID": "yesterday"}, "Last-Event-ID"),
        ("", {"Last-Event-ID": "+"}, "Last-Event-ID"),
    ],
)
def test_what_cannot_be_meant_is_refused(client: FlaskClient, query: str, headers: dict[str, str], field: str) -> None:
    answer = client.get(f"/v1/events{query}", headers=headers)
    assert (answer.status_code, answer.get_json()["field"]) == (422, field)


@pytest.mark.parametrize("camera", ["nobody", "x" * 65, "a%0Ab"])
def test_a_camera_that_nobody_knows_is_not_listened_to(client: FlaskClient, camera: str) -> None:
    answer = client.get(f"/v1/events?camera={camera}")
    assert (answer.status_code, answer.get_json()["code"]) == (404, "camera_not_found")


def test_another_upgrade_than_to_a_websocket_changes_nothing(client: FlaskClient) -> None:
    headers = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c"}
    answer = client.get("/v1/events", headers=headers, buffered=False)
    assert (answer.status_code, answer.mimetype) == (200, "text/event-stream")
    answer.close()
