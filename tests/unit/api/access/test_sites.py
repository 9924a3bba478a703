"""Requests that pages of other origins have a browser make."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from api.http.endpoint import PUBLIC, declaration_of
from contracts.storage.jobs import JobStore
from support.gateway import MakeApp

EMBEDDED = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
FRAMED = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
LINK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
FORM = LINK | {"Origin": "https://evil.example"}
SIBLING = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}


@pytest.mark.parametrize(
    ("method", "address", "headers"),
    [
        ("GET", "/video_feed", EMBEDDED),
        ("GET", "/video_feed", SIBLING | {"Origin": "http://localhost:3000"}),
        ("GET", "/", FRAMED),
        ("GET", "/emotion_data", {"Origin": "https://evil.example"}),
        ("GET", "/emotion_data", {"Origin": "null"}),
        ("GET", "/emotion_data", {"Origin": "http://localhost:3000"}),
        ("GET", "/emotion_data", {"Origin": "http://[damaged"}),
        ("POST", "/detect_emotion", FORM),
        ("POST", "/v1/jobs", FORM),
        ("POST", "/v1/jobs", {"Origin": "https://evil.example"}),
        ("OPTIONS", "/v1/jobs", {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}),
    ],
)
def test_another_page_gets_nothing_and_starts_nothing(
    make_app: MakeApp, jobs: JobStore, jpeg: bytes, method: str, address: str, headers: dict[str, str]
) -> None:
    for settings in ({}, {"cors_origins": "https://app.example"}):
        client = make_app(**settings).test_client()
        data = jpeg if method == "POST" else None
        response = client.open(address, method=method, data=data, content_type="image/jpeg", headers=headers)
        assert (response.status_code, response.get_json()["code"]) == (403, "cross_site")
        assert "Access-Control-Allow-Origin" not in response.headers
        assert jobs.open_count() == 0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"},
        {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
        {"Origin": "http://localhost"},
        {"Origin": "https://localhost"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://mien.example.com"},
    ],
)
def test_the_own_page_and_programs_are_served(client: FlaskClient, jpeg: bytes, headers: dict[str, str]) -> None:
    assert client.get("/emotion_data", headers=headers).status_code == 200
    assert client.post("/v1/jobs", data=jpeg, content_type="image/jpeg", headers=headers).status_code == 202


def test_links_to_the_page_work_and_forms_do_not(client: FlaskClient, jpeg: bytes) -> None:
    assert client.get("/", headers=LINK, buffered=True).status_code == 200
    assert client.post("/detect_emotion", data=jpeg, headers=LINK).status_code == 403


@pytest.mark.parametrize("site", [{}, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}])
def test_an_origin_that_cors_allows_is_served(make_app: MakeApp, jpeg: bytes, site: dict[str, str]) -> None:
    client = make_app(cors_origins="https://other.example, https://app.example").test_client()
    headers = site | {"Origin": "https://app.example"}
    response = client.post("/v1/jobs", data=jpeg, content_type="image/jpeg", headers=headers)
    assert response.status_code == 202
    assert response.headers["Access-Control-Allow-Origin"] == "https://app.example"


def test_no_answer_is_kept_or_embedded_elsewhere(make_app: MakeApp) -> None:
    app = make_app()
    values: dict[str, Any] = {"job_id": "x", "index": 0, "name": "icon.svg", "code": "not_found"}
    adapter, seen = app.url_map.bind("localhost"), 0
    for rule in app.url_map.iter_rules():
        method = next(method for method in ("GET", "POST", "DELETE") if method in (rule.methods or ()))
        address = adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments}, method=method)
        with app.test_client().open(address, method=method) as response:
            assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin", address
            if declaration_of(app.view_functions[rule.endpoint]).scope is not PUBLIC and "page" not in rule.endpoint:
                assert response.headers["Cache-Control"] == "no-store", address
                seen += 1
    assert seen > 10
