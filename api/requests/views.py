"""In which form a viewer wants to see a camera: options of the address, and members of JSON, read strictly."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import Field, ValidationError

from api.http.endpoint import Parameter
from contracts.errors import MalformedRequest
from contracts.results import Message
from contracts.views import LEAST_QUALITY, LEAST_WIDTH, MOST_FPS, MOST_QUALITY, MOST_WIDTH, QUALITY, Variant


class ViewOptions(Message):
    """The options of a view."""

    width: int = Field(
        0,
        ge=LEAST_WIDTH,
        le=MOST_WIDTH,
        description="Pixels that the longer side has at most. Default: as many as the camera's.",
    )
    quality: int = Field(QUALITY, ge=LEAST_QUALITY, le=MOST_QUALITY, description="Of JPEG.")
    fps: int = Field(0, ge=1, le=MOST_FPS, description="Pictures a second, at most. Default: as many as are analysed.")
    boxes: bool = Field(True, description="Whether faces have their boxes and labels drawn.")
    blur: bool = Field(
        False, description="Whether faces are made unrecognizable; those of a camera that is set so always are."
    )

    @property
    def variant(self) -> Variant:
        """What is asked for."""
        return Variant(self.width, self.quality, self.fps, self.boxes, self.blur)


def _parameter(name: str, schema: Mapping[str, Any]) -> Parameter:
    kept = {key: value for key, value in schema.items() if key not in ("title", "description")}
    if kept["default"] == 0 and kept["type"] == "integer":
        del kept["default"]  # to be left out, and not to be sent
    return Parameter(name=name, location="query", schema=kept, description=lambda _: str(schema["description"]))


PARAMETERS: Final = tuple(_parameter(*one) for one in ViewOptions.model_json_schema()["properties"].items())
"""The options in an address."""


def variant(given: Mapping[str, Any], where: str = "") -> Variant:
    """The variant that these options mean; others are passed over.

    Args:
        given: by name; values may be text, as in an address.
        where: what stands before the name of a wrong one.

    Raises:
        MalformedRequest: one of them is wrong; ``field`` names it.
    """
    options = {name: given[name] for name in ViewOptions.model_fields if name in given}
    try:
        return ViewOptions.model_validate(options).variant
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    field = where + ".".join(str(part) for part in first["loc"])
    raise MalformedRequest(f'"{field}": {first["msg"]}.', field=field)
