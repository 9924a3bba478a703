"""Images in JSON: base64, a data URI, or a list of byte values; and JSON parsed without surprises."""

import binascii
from typing import Any, Final

from pydantic_core import from_json

from contracts.errors import MalformedRequest, NotBase64, NotByteValues, NotJson

_MOST_PARTS: Final = 50_000
_MOST_MEMBERS: Final = 600_000
"""Commas. A list of byte values takes 40 ns a member, while nothing else happens in the process; base64 one or two.
Numbers that are no byte values take up to 48 bytes each until they are refused."""
_TO_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_WHITESPACE: Final = b" \t\r\n"


def parse_json(body: bytes) -> Any:
    """The value that the body stands for.

    Raises:
        NotJson: also for NaN, for invalid UTF-8, and for more nesting or more parts than any honest body has.
    """
    if sum(map(body.count, (b"{", b"[", b'"'))) > _MOST_PARTS:  # each would take 64 bytes and more, for two or three
        raise NotJson(f"The body has more than {_MOST_PARTS:,} objects, lists and quotation marks in it.")
    if body.count(b",") > _MOST_MEMBERS:
        raise NotJson(f"The body has more than {_MOST_MEMBERS:,} members in it; send images as base64, or as they are.")
    try:
        return from_json(body, allow_inf_nan=False, cache_strings="keys")
    except ValueError as error:
        raise NotJson(f"The body is not valid JSON: {error}.") from error


def image_bytes(value: Any, field: str = "image") -> bytes:
    """The image that a JSON value stands for.

    Raises:
        NotBase64: the text is neither base64 nor a data URI.
        NotByteValues: the list has something else in it.
        MalformedRequest: the value is neither text nor a list.
    """
    if isinstance(value, str):
        return _from_text(value, field)
    if isinstance(value, list):
        return _from_list(value, field)
    raise MalformedRequest(f'"{field}" has to be base64 text, a data URI or a list of byte values.', field=field)


def _from_text(text: str, field: str) -> bytes:
    if text[:5].lower() == "data:":
        head, comma, text = text.partition(",")
        if not comma or not head.lower().endswith(";base64"):
            raise NotBase64('A data URI has to read "data:image/...;base64,...".', field=field)
    try:
        # Forgiving where clients differ: line breaks (Android's default), the URL-safe alphabet, missing padding.
        plain = text.encode("ascii").translate(_TO_STANDARD, _WHITESPACE).rstrip(b"=")
        return binascii.a2b_base64(plain + b"=" * (-len(plain) % 4), strict_mode=True)
    except ValueError as error:
        raise NotBase64(f'"{field}" is neither base64 nor a data URI.', field=field) from error


def _from_list(values: list[Any], field: str) -> bytes:
    if not set(map(type, values)) <= {int}:
        raise NotByteValues(f'"{field}" is a list, but not all of it are whole numbers.', field=field)
    try:
        return bytes(values)
    except ValueError as error:
        wrong = next(value for value in values if not 0 <= value <= 255)
        raise NotByteValues(f'"{field}" has {wrong} in it; byte values go from 0 to 255.', field=field) from error
