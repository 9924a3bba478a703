"""Pages of the gateway in a browser under test."""

from typing import Any, Protocol

from playwright.sync_api import Page


class OpenPage(Protocol):
    """Opens a page of the gateway."""

    def __call__(self, view: str = "", **context: Any) -> Page:
        """Open `/#/view`; keywords are Playwright's, such as ``color_scheme``."""
        ...
