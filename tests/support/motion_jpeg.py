"""What a viewer of a camera gets, held against the format to the byte."""

import re
from collections.abc import Iterator
from typing import Final

_HEADERS: Final = rb"--frame\r\nContent-Type: image/jpeg\r\nMien-Picture: (\w+)\r\n\r\n"
_OPENING: Final = re.compile(_HEADERS)
_SEQUENCE: Final = re.compile(rb"^(..)\xff\xfe\x00.Mien-Sequence: \d{1,19}", re.DOTALL)
_PICTURE: Final = re.compile(rb"(.*)\r\n" + _HEADERS, re.DOTALL)


def pictures(stream: Iterator[bytes]) -> Iterator[tuple[str, bytes]]:
    """The pictures as (kind, JPEG without its comment), but for those that are sent again as the kind changes."""
    opening = _OPENING.fullmatch(next(stream))
    assert opening
    kind, before = opening[1].decode(), b""
    for sent in stream:
        found = _PICTURE.fullmatch(sent)
        assert found, sent
        jpeg, next_kind = _SEQUENCE.sub(rb"\1", found[1]), found[2].decode()
        if next_kind == kind:
            yield kind, jpeg
        else:
            assert jpeg == before, "a picture of another kind follows the same one again"
        kind, before = next_kind, jpeg
