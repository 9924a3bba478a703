"""Options of a job, and what the description says of them: both are this one model."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, Literal

from pydantic import Field, JsonValue, ValidationError, ValidationInfo, field_validator

from api.http.endpoint import SCHEMA_REF, Parameter
from api.requests.json_images import parse_json
from contracts.errors import MalformedRequest, NotJson
from contracts.queues import BULK
from contracts.results import Message

_LONGEST_METADATA: Final = 8_192
_TOO_LONG: Final = f"metadata may have {_LONGEST_METADATA} characters at most"
_LONGEST_NAME: Final = 100
"""Characters of a wrong option's name that are told: a name of megabytes would be in the answer three times."""
_LONGEST_DEADLINE_S: Final = 7 * 24 * 3_600


class Options(Message):
    """Options of a job: query parameters, form fields or JSON members, whichever the body has room for."""

    priority: Literal["interactive", "bulk"] = Field(BULK, description="`interactive` overtakes `bulk`.")
    deadline: float | None = Field(
        None,
        gt=0,
        le=_LONGEST_DEADLINE_S,
        description="Seconds from now after which the job is not worth beginning.",
    )
    annotate: bool = Field(False, description="Keep each image with its boxes drawn, for as long as the result.")
    webhook: str | None = Field(
        None, max_length=2_048, pattern=r"^https?://", description="Told when the job is final."
    )
    metadata: dict[str, JsonValue] | None = Field(
        None, description=f"Echoed back with the result; a JSON object of {_LONGEST_METADATA:,} characters at most."
    )
    blur: bool = Field(False, description="Cover the heads in annotated images; with `annotate`.")

    @field_validator("blur")
    @classmethod
    def _of_annotated(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("annotate") is False:
            raise ValueError("it is for annotated images; ask for them with annotate")
        return value

    @field_validator("metadata", mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        try:
            parsed = parse_json(value.encode()) if isinstance(value, str) else value
        except NotJson as error:
            raise ValueError(str(error)) from error
        if _is_longer(parsed, _LONGEST_METADATA):  # before it is copied and written: 64 bytes a member, 0.4 ms a number
            raise ValueError(_TOO_LONG)
        return parsed

    @field_validator("metadata")
    @classmethod
    def _bounded(cls, value: dict[str, JsonValue] | None) -> dict[str, JsonValue] | None:
        if len(json.dumps(value, ensure_ascii=False, allow_nan=False)) > _LONGEST_METADATA:  # a ValueError for 1e999
            raise ValueError(_TOO_LONG)
        return value


def _is_longer(value: Any, most: int) -> bool:
    """Whether a JSON value certainly takes more than `most` characters to write; no more of it is looked at."""
    values = [value]
    for each in values:  # which grows meanwhile
        if isinstance(each, str):
            most -= len(each)
        elif isinstance(each, int):
            most -= each.bit_length() // 4
        elif isinstance(each, (dict, list)):
            most -= len(each)
            if most >= 0:
                values.extend([*each, *each.values()] if isinstance(each, dict) else each)
        if most < 0:
            return True
    return False


def read_options(given: Mapping[str, Any]) -> Options:
    """The options among these values.

    Raises:
        MalformedRequest: one of them is unknown or wrong; ``field`` names it.
    """
    known = {name: value for name, value in given.items() if name != "wait"}
    try:
        return Options.model_validate(known)
    except ValidationError as error:  # what it knows of megabytes is to go with it, and not to stay with ours
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    name = ".".join(str(part) for part in first["loc"])[:_LONGEST_NAME] or "options"
    raise MalformedRequest(f'"{name}": {first["msg"]}.', field=name)


@cache
def json_properties() -> dict[str, Any]:
    """JSON schemas of the options as members of a JSON body."""
    properties = Options.model_json_schema(ref_template=SCHEMA_REF)["properties"]
    return {
        name: {key: value for key, value in schema.items() if key != "title"} for name, schema in properties.items()
    }


@cache
def text_properties() -> dict[str, Any]:
    """The same as form fields or query parameters, where a value is text, and is left out instead of being null."""
    return {name: _as_text(schema) for name, schema in json_properties().items()}


def parameters() -> tuple[Parameter, ...]:
    """The options as query parameters."""
    return tuple(_parameter(name, schema) for name, schema in text_properties().items())


def _parameter(name: str, schema: Mapping[str, Any]) -> Parameter:
    without = {key: value for key, value in schema.items() if key != "description"}
    return Parameter(name=name, location="query", schema=without, description=lambda _: str(schema["description"]))


def _as_text(schema: Mapping[str, Any]) -> dict[str, Any]:
    flat = {key: value for key, value in schema.items() if key != "anyOf" and (key, value) != ("default", None)}
    for choice in schema.get("anyOf", ()):
        if choice["type"] != "null":
            flat |= choice
    if flat["type"] == "object":  # as JSON in text
        return {"type": "string", "description": flat["description"]}
    return flat
