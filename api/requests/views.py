"""In which form a viewer wants to see a camera: options of the address, and members of JSON, read strictly."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from api.http.endpoint import Parameter
from contracts.errors import MalformedRequest
from contracts.views import Variant, ViewOptions


def _parameter(name: str, schema: Mapping[str, Any]) -> Parameter:
    kept = {key: value for key, value in schema.items() if key not in ("title", "description")}
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
