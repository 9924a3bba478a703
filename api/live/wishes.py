"""What a viewer says: in which form it wants to see which cameras, and what it has drawn."""

import re
from typing import Final

from pydantic import Field, ValidationError

from contracts.errors import MalformedRequest
from contracts.results import Message
from contracts.views import Variant, ViewOptions

MOST_CAMERAS: Final = 64
"""On one connection; each counts as a viewer."""
MOST_BYTES: Final = 16_384
"""Of a client's message: 64 cameras with all options take 10,000."""
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


class Drawn(Message):
    """A message that has been drawn."""

    camera: str = Field(max_length=64)
    serial: int


class ClientMessage(Message):
    """What a viewer says."""

    watch: dict[str, ViewOptions] | None = Field(
        None, max_length=MOST_CAMERAS, description="Camera → form. Takes the place of all that was watched before."
    )
    shown: Drawn | None = Field(None, description="To be sent for each message with a picture, once that is drawn.")

    @property
    def variants(self) -> dict[str, Variant] | None:
        """Camera → variant; None if nothing is said of it."""
        if self.watch is None:
            return None
        for name in self.watch:
            if not _NAME.fullmatch(name):
                raise MalformedRequest(f'"watch": "{name[:64]}" is not the name of a camera.', field="watch")
        return {name: options.variant for name, options in self.watch.items()}


def parse(message: bytes | str) -> ClientMessage:
    """What a client has sent.

    Raises:
        MalformedRequest: it is not of this form; ``field`` names the part.
    """
    if isinstance(message, bytes):
        raise MalformedRequest("Send text: a JSON object with `watch` or `shown`.")
    try:
        return ClientMessage.model_validate_json(message)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"])[:100]
    raise MalformedRequest(f'"{field}": {first["msg"]}.', field=field)
