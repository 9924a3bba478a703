"""A Chromium for the tests: looked for, and fetched where it is missing (``python -m support.browser``).

`make test` runs this before the tests. For root, Debian's package is tried first: it brings the libraries along that
Playwright's own build needs as well, and that a bare container lacks.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Error, Playwright, sync_playwright

from support.programs import NODE, install_package, installs_packages, succeeds

REMEDY = "Install it: apt-get install chromium, or .venv/bin/python -m playwright install --with-deps chromium"

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MAC = ("Chromium.app/Contents/MacOS/Chromium", "Google Chrome.app/Contents/MacOS/Google Chrome")
_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@contextmanager
def playwright_on_our_node() -> Iterator[Playwright]:
    """Playwright, driven by the Node of the dev extra: its own one needs a library that a bare container lacks."""
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", NODE[0])
    with sync_playwright() as playwright:
        yield playwright


def launch(playwright: Playwright, *options: str) -> Browser | None:
    """Start the first Chromium that starts: the system's, or else Playwright's own. None if there is none."""
    for path in (*_system_paths(), None):
        try:
            return playwright.chromium.launch(executable_path=path, args=[*_OPTIONS, *options])
        except Error:  # it is not there, or lacks a library
            continue
    return None


def main() -> int:
    """Make sure that there is one. Returns the exit status: 1 if there is none and this is a build server."""
    if _starts():
        return 0
    for name, install in _ways():
        print(f"There is no Chromium for the tests of the page: installing it with {name}.", flush=True)
        if install() and _starts():
            return 0
    print(f"There is no Chromium, and none could be installed: the tests of the page are skipped. {REMEDY}", flush=True)
    return 1 if os.environ.get("CI") == "true" else 0


def _ways() -> Iterator[tuple[str, Callable[[], bool]]]:
    playwright = [sys.executable, "-m", "playwright", "install", "--only-shell"]
    if installs_packages():
        yield "apt-get", lambda: install_package("chromium")
        playwright.append("--with-deps")
    yield "Playwright", lambda: succeeds([*playwright, "chromium"])


def _starts() -> bool:
    with playwright_on_our_node() as playwright:
        browser = launch(playwright)
        if browser:
            browser.close()
        return browser is not None


def _system_paths() -> Iterator[str]:
    yield from (path for name in _NAMES if (path := shutil.which(name)))
    yield from (path for app in _MAC if os.path.exists(path := f"/Applications/{app}"))


if __name__ == "__main__":
    sys.exit(main())
