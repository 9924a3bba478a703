"""Images in JSON: base64, a data URI, or a list of byte values."""

import binascii
from typing import Any

from contracts.errors import MalformedRequest, NotBase64, NotByteValues

_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_WHITESPACE = b" \t\r\n"


def image_bytes(value: Any, field: str = "image") -> bytes:
    """The image that a JSON value stands for.

    Raises:
        NotBase64, NotByteValues, MalformedRequest: with the name of the field.
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
    if not all(type(value) is int for value in values):
        raise NotByteValues(f'"{field}" is a list, but not all of it are whole numbers.', field=field)
    try:
        return bytes(values)
    except ValueError as error:
        wrong = next(value for value in values if not 0 <= value <= 255)
        raise NotByteValues(f'"{field}" has {wrong} in it; byte values go from 0 to 255.', field=field) from error
