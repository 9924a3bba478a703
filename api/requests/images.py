"""The image of a request, however it was sent: JSON, raw or multipart; checked from its first bytes, never decoded."""

from typing import Any

from flask import Request
from pydantic_core import from_json
from werkzeug.exceptions import RequestEntityTooLarge

from api.requests.image_text import image_bytes
from contracts.errors import EmptyBody, MalformedRequest, NotJson, UnsupportedMediaType
from contracts.settings import Settings
from models.images.header import read_header

FIELD = "image"
_MOST_PARTS = 50_000
_RAW = ("application/octet-stream",)
TAKEN = "application/json, image/* and multipart/form-data"


def read_image(request: Request, settings: Settings) -> bytes:
    """The one image that the request carries, exactly as it was sent.

    Raises:
        InvalidRequest: one of its kinds; see ``docs/api.md`` for the list.
    """
    image = _sent_image(request)
    if not image:
        raise EmptyBody("The request carries no image: the data is empty.")
    read_header(image, settings.max_pixels)
    return image


def _sent_image(request: Request) -> bytes:
    kind = request.mimetype
    if kind == "multipart/form-data":
        return _from_form(request)
    body = request.get_data(cache=False)
    refuse_more(request)
    if not body:
        raise EmptyBody(f"The request has no body; send an image as {TAKEN}.")
    if is_json(request):
        return image_bytes(_image_member(parse_json(body)), FIELD)
    if kind.startswith("image/") or kind in _RAW:
        return body
    raise UnsupportedMediaType(f"The content type {kind or '(none)'} is not taken here; send {TAKEN}.")


def is_json(request: Request) -> bool:
    """Whether the body claims to be JSON."""
    return request.mimetype == "application/json" or request.mimetype.endswith("+json")


def parse_json(body: bytes) -> Any:
    """The value that the body stands for.

    Raises:
        NotJson: also for NaN, for invalid UTF-8, and for more nesting or more parts than any honest body has.
    """
    if sum(map(body.count, (b"{", b"[", b'"'))) > _MOST_PARTS:  # each would take 64 bytes and more, for two or three
        raise NotJson(f"The body has more than {_MOST_PARTS:,} objects, lists and quotation marks in it.")
    try:
        return from_json(body, allow_inf_nan=False, cache_strings="keys")
    except ValueError as error:
        raise NotJson(f"The body is not valid JSON: {error}.") from error


def refuse_more(request: Request) -> None:
    """A body in chunks has no length; werkzeug stops reading at the limit and says nothing of what is left."""
    if request.content_length is None and request.environ["wsgi.input"].read(1):
        raise RequestEntityTooLarge


def _image_member(value: Any) -> Any:
    if not isinstance(value, dict):
        raise MalformedRequest('The body has to be a JSON object such as {"image": "..."}.')
    if FIELD not in value:
        raise MalformedRequest(f'The body has no member "{FIELD}".', field=FIELD)
    return value[FIELD]


def _from_form(request: Request) -> bytes:
    """The first file, whatever its field is called; or the text field ``image``, as JSON would carry it."""
    files, form = request.files, request.form
    refuse_more(request)
    for upload in files.values():
        return upload.stream.read()
    if FIELD in form:
        return image_bytes(form[FIELD], FIELD)
    if not form:
        raise EmptyBody("The form is empty; send an image in a file field.")
    raise MalformedRequest(f'The form has no file; send one in a field named "{FIELD}".', field=FIELD)
