"""Headers that keep browsers careful, on every kind of answer."""

import pytest
from flask.testing import FlaskClient


@pytest.mark.parametrize("address", ["/ping", "/nowhere", "/v1/jobs/never", "/", "/docs"])
def test_every_answer_has_them(client: FlaskClient, address: str) -> None:
    headers = client.get(address, buffered=True).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=(self)" in headers["Permissions-Policy"]
