"""Query parameters and headers, read strictly."""

import pytest
from flask.testing import FlaskClient

from support.gateway import submit


@pytest.mark.parametrize("wait", ["soon", "-1", "nan", ""])
def test_a_wait_that_is_no_number_is_refused(client: FlaskClient, jpeg: bytes, wait: str) -> None:
    response = client.get(f"/v1/jobs/{submit(client, jpeg)}?wait={wait}")
    assert (response.status_code, response.get_json()["field"]) == (422, "wait")
