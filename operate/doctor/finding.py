"""What a check has found."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"  # works, and is not as it should be
    PROBLEM = "problem"  # something does not work, or may be lost


class Finding(NamedTuple):
    """One sentence that says what is so, and one that says what to do."""

    check: str
    level: Level
    says: str
    do: str = ""


def ok(check: str, says: str) -> Finding:
    """All is well."""
    return Finding(check, Level.OK, says)


def warning(check: str, says: str, do: str) -> Finding:
    """Works, and is not as it should be."""
    return Finding(check, Level.WARNING, says, do)


def problem(check: str, says: str, do: str) -> Finding:
    """Does not work."""
    return Finding(check, Level.PROBLEM, says, do)


def or_ok(check: str, findings: Iterable[Finding], says: str) -> Iterator[Finding]:
    """The findings; if there are none, that all is well."""
    found = list(findings)
    yield from found or [ok(check, says)]
