"""The bodies that views take, as they declare them: how many bytes, and what the description says."""

from typing import Any, Final

from api.http.endpoint import JSON, Body, Schema
from api.requests import options
from api.requests.images import FIELD, FORM, ZIP
from contracts.settings import Settings
from models.images.header import FORMATS

_IMAGE: Final[dict[str, Any]] = {
    "description": "Base64, a data URI, or a list of byte values.",
    "oneOf": [
        {"type": "string", "minLength": 1},
        {"type": "array", "minItems": 1, "items": {"type": "integer", "minimum": 0, "maximum": 255}},
    ],
}
_NAMED_IMAGE: Final = {
    "description": f"{_IMAGE['description'][:-1]}; with its file's name, if that is to come back with the result.",
    "oneOf": [
        *_IMAGE["oneOf"],
        {
            "type": "object",
            "additionalProperties": False,
            "required": [FIELD],
            "properties": {FIELD: _IMAGE, "name": {"type": ["string", "null"]}},
        },
    ],
}
_BINARY: Final = {"type": "string", "format": "binary"}


def _photo(_: Settings) -> dict[str, Schema]:
    return {
        JSON: {"type": "object", "required": [FIELD], "properties": {FIELD: _IMAGE}},
        FORM: {"type": "object", "required": [FIELD], "properties": {FIELD: _BINARY}},
        **_raw(),
    }


def _job(settings: Settings) -> dict[str, Schema]:
    several = {"type": "array", "minItems": 1, "maxItems": settings.max_job_images}
    members = {FIELD: _NAMED_IMAGE, "images": several | {"items": _NAMED_IMAGE}, **options.json_properties()}
    fields = {"images": several | {"items": _BINARY}, **options.text_properties()}
    return {
        JSON: {
            "type": "object",
            "additionalProperties": False,
            "properties": members,
            "oneOf": [{"required": [FIELD]}, {"required": ["images"]}],
        },
        FORM: {"type": "object", "required": ["images"], "properties": fields},
        ZIP[0]: _BINARY,
        **_raw(),
    }


def _raw() -> dict[str, Any]:
    return {f"image/{kind.lower()}": _BINARY for kind in FORMATS}


PHOTO: Final = Body(
    content=_photo,
    max_bytes=lambda settings: settings.max_body_bytes,
    max_json_bytes=lambda settings: settings.max_body_bytes,
)
"""One image."""
JOB: Final = Body(
    content=_job,
    max_bytes=lambda settings: settings.max_job_bytes,
    max_json_bytes=lambda settings: settings.max_body_bytes,
)
"""Images and options of a job."""
