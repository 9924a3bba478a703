"""Names in the environment that look like settings and are none: misspelt, or of a version before."""

from collections.abc import Iterable
from difflib import get_close_matches

from contracts.settings import OF_TOOLS, PREFIX, Settings


def unknown_settings(environment: Iterable[str]) -> dict[str, str]:
    """What is wrong with names in the environment that begin as settings do and are none.

    Returns:
        Name → a sentence that names the setting most like it.
    """
    known = [f"{PREFIX}{name}".upper() for name in Settings.model_fields]
    unknown = sorted(name for name in environment if name.startswith(PREFIX) and name not in OF_TOOLS.union(known))
    sentences = {}
    for name in unknown:
        # Without the prefix, which all of them share: it alone would make any name look like any other.
        nearest = get_close_matches(name.removeprefix(PREFIX), [one.removeprefix(PREFIX) for one in known], n=1)
        hint = f"did you mean {PREFIX}{nearest[0]}?" if nearest else "docs/settings.md lists them all."
        sentences[name] = f"{name} is not a setting and changes nothing; {hint}"
    return sentences
