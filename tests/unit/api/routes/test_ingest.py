"""What a plain request is told at the address where browsers send their camera."""

from flask import Flask
from redis import Redis

from api.services import services_of
from contracts.storage.senders import SenderStore

NAME = f"device-{'0' * 32}"


def test_a_plain_request_is_told_why_there_would_be_no_websocket(app: Flask, redis: Redis) -> None:
    client = app.test_client()
    answers = {name: client.get(f"/v1/cameras/{name}/ingest") for name in (NAME, "hall")}
    assert (answers[NAME].status_code, answers[NAME].get_json()["code"]) == (426, "upgrade_required")
    assert answers[NAME].headers["Upgrade"] == "websocket"
    assert (answers["hall"].status_code, answers["hall"].get_json()["field"]) == (404, "name")
    SenderStore(redis).hold(NAME, "another")
    assert client.get(f"/v1/cameras/{NAME}/ingest").get_json()["code"] == "camera_taken"


def test_a_refused_upgrade_holds_neither_the_name_nor_a_place(app: Flask, redis: Redis) -> None:
    upgrade = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    answer = app.test_client().get(f"/v1/cameras/{NAME}/ingest", headers=upgrade)
    assert answer.status_code == 503, "the test's server has no socket to give away"
    assert not SenderStore(redis).held(NAME)
    assert services_of(app).senders.in_use == 0
