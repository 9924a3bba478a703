"""What is answered on a connection beyond the limit: see `api.overload.connections`."""

from typing import Any

from flask import Flask, request

from api.http.endpoint import PUBLIC, current_endpoint
from contracts.errors import MienError


def refuse_surplus(app: Flask) -> None:
    """Answer only public views on connections beyond the limit."""

    def check() -> None:
        connection: Any = request.environ.get("gunicorn.socket")
        refusal: MienError | None = getattr(connection, "refusal", None)
        if refusal is not None:
            endpoint = current_endpoint(request)
            if endpoint is None or endpoint.scope is not PUBLIC:
                raise refusal

    app.before_request(check)
