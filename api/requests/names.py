"""Names of files, as clients give them: given back with the results, and used for nothing else."""

import unicodedata
from typing import Final

LONGEST: Final = 255
"""Characters, as file systems allow them."""


def file_name(given: str | None) -> str | None:
    """A name as it is kept: plain text of `LONGEST` characters at most; None if nothing of it is left.

    Control characters are left out, and so are marks that turn the direction of what is shown behind them.
    """
    if not given:
        return None
    plain = "".join(letter for letter in given if not unicodedata.category(letter).startswith("C"))
    return plain.strip()[:LONGEST] or None
