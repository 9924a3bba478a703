"""Names of files, as clients give them: given back with the results, and used for nothing else."""

import unicodedata
from typing import Final

LONGEST: Final = 255
"""Characters, as file systems allow them."""
_LOOKED_AT: Final = 4_096
"""Of what a client gives: ten million characters, looked at one by one, would take a second and 240 MB."""


def file_name(given: str | None) -> str | None:
    """A name as it is kept: plain text of `LONGEST` characters at most; None if nothing of it is left.

    Control characters are left out, and so are marks that turn the direction of what is shown behind them. Only the
    first 4,096 characters are looked at.
    """
    if not given:
        return None
    plain = "".join(letter for letter in given[:_LOOKED_AT] if not unicodedata.category(letter).startswith("C"))
    return plain.strip()[:LONGEST] or None
