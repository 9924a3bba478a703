"""The description of the interface, and the way from a problem to it."""

import pytest
from flask.testing import FlaskClient

from support.gateway import MakeApp


def test_the_page_uses_its_own_files_only_and_they_are_there(client: FlaskClient) -> None:
    page = client.get("/docs", buffered=True)
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    for name in ("docs.css", "docs.js", "theme.css", "icon.svg"):
        assert f"docs/{name}" in page.text
        assert client.get(f"/docs/{name}", buffered=True).status_code == 200
    assert client.get("/docs/live.js").status_code == 404


@pytest.mark.parametrize("address", ["/docs", "/openapi.json", "/docs/docs.js", "/problems/job_gone"])
def test_it_needs_no_key(make_app: MakeApp, address: str) -> None:
    assert make_app(require_keys=True).test_client().get(address, buffered=True).status_code in (200, 303)


def test_a_problem_leads_to_its_description(client: FlaskClient) -> None:
    kind = client.get("/v1/jobs/never").get_json()["type"]
    assert client.get(kind).headers["Location"] == "/docs#job_not_found"
    assert client.get("/problems/unheard_of").status_code == 404


def test_the_document_is_made_once_an_application(client: FlaskClient) -> None:
    assert client.get("/openapi.json").data == client.get("/openapi.json").data
