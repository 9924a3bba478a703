"""Parameters and bodies that the operations share."""

from typing import Any, Final

_IMAGE: Final[dict[str, Any]] = {
    "description": "Base64, a data URI, or a list of byte values.",
    "oneOf": [
        {"type": "string", "minLength": 1},
        {"type": "array", "minItems": 1, "items": {"type": "integer", "minimum": 0, "maximum": 255}},
    ],
}
_BINARY: Final[dict[str, Any]] = {"type": "string", "format": "binary"}

OPTIONS: Final[dict[str, Any]] = {
    "priority": {"type": "string", "enum": ["interactive", "bulk"], "default": "bulk"},
    "deadline": {
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": 604_800,
        "description": "Seconds from now after which the job is not worth beginning.",
    },
    "annotate": {"type": "boolean", "default": False, "description": "Keep each image with its boxes drawn."},
    "webhook": {"type": "string", "format": "uri", "maxLength": 2_048, "description": "Told when the job is final."},
    "metadata": {"type": "object", "description": "Echoed back with the result."},
}
_PHOTO: Final[dict[str, Any]] = {"type": "object", "required": ["image"], "properties": {"image": _IMAGE}}
_IMAGES: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "image": _IMAGE,
        "images": {"type": "array", "minItems": 1, "maxItems": 100, "items": _IMAGE},
        **OPTIONS,
    },
    "oneOf": [{"required": ["image"]}, {"required": ["images"]}],
}
_RAW: Final = {f"image/{kind}": {"schema": _BINARY} for kind in ("jpeg", "png", "webp")}

BODIES: Final[dict[str, dict[str, Any]]] = {
    "photo": {
        "application/json": {"schema": _PHOTO},
        "multipart/form-data": {"schema": {"type": "object", "properties": {"image": _BINARY}, "required": ["image"]}},
        **_RAW,
    },
    "images": {
        "application/json": {"schema": _IMAGES},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {"images": {"type": "array", "minItems": 1, "maxItems": 100, "items": _BINARY}},
                "required": ["images"],
            }
        },
        "application/zip": {"schema": _BINARY},
        **_RAW,
    },
}


def _parameter(name: str, where: str, schema: dict[str, Any], text: str) -> dict[str, Any]:
    return {"name": name, "in": where, "required": where == "path", "schema": schema, "description": text}


PARAMETERS: Final[dict[str, dict[str, Any]]] = {
    "id": _parameter("id", "path", {"type": "string", "minLength": 1}, "The job's id."),
    "index": _parameter("index", "path", {"type": "integer", "minimum": 0}, "Position of the image in the request."),
    "camera": _parameter("camera", "query", {"type": "string"}, "Default: the one with the newest frame."),
    "wait": _parameter("wait", "query", {"type": "number", "minimum": 0}, "Seconds to wait for the end; 60 at most."),
    "Prefer": _parameter("Prefer", "header", {"type": "string"}, "`wait=30`: answer when the job is final."),
    "Idempotency-Key": _parameter(
        "Idempotency-Key", "header", {"type": "string", "minLength": 1, "maxLength": 255}, "Same key, same job."
    ),
    "Last-Event-ID": _parameter("Last-Event-ID", "header", {"type": "string"}, "Sent by clients that come back."),
    **{
        name: _parameter(name, "query", {"type": "string"} if name == "metadata" else schema, "See the JSON body.")
        for name, schema in OPTIONS.items()
    },
}

HEADERS: Final[dict[str, dict[str, Any]]] = {
    "Location": {"schema": {"type": "string"}, "description": "Where the job is."},
    "Mien-Job": {"schema": {"type": "string"}, "description": "Id of the job that did the work."},
    "Retry-After": {"schema": {"type": "integer", "minimum": 1}, "description": "Seconds."},
}
