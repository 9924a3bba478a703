"""Headers that keep browsers careful with every answer."""

from typing import Final

from flask import Flask, Response

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",  # pages that CORS allows read what they fetch all the same
    "Cache-Control": "no-store",  # faces and results are kept by no browser and no proxy; files of pages say otherwise
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}


def add_security_headers(app: Flask) -> None:
    """Add them to every answer, unless its view has set them otherwise."""

    def add(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    app.after_request(add)
