"""Pages of the gateway in a browser under test."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from playwright.sync_api import Page


class OpenPage(Protocol):
    """Opens a page of the gateway."""

    def __call__(self, view: str = "", **context: Any) -> Page:
        """Open `/#/view`; keywords are Playwright's, such as ``color_scheme``."""
        ...


@contextmanager
def watched(page: Page) -> Iterator[list[str]]:
    """What a page complains of meanwhile: errors in its scripts, and in its console."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    yield complaints
