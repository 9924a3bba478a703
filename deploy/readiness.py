"""Waiting until the gateway says that a photo would be analysed, and telling people where to go."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable

from contracts.addresses import without_password
from contracts.settings import Settings

_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104
_IMPATIENT_S = 60.0


class Readiness:
    """Asks ``/readyz``."""

    def __init__(self, settings: Settings) -> None:
        self._url = f"{base_url(settings)}/readyz"

    def wait(self, stop: threading.Event, say: Callable[[str], None]) -> None:
        """Return when all is ready or `stop` is set; says after a minute what is missing."""
        limit = time.monotonic() + _IMPATIENT_S
        while reason := self.missing():
            if time.monotonic() > limit:
                say(f"Not ready yet: {reason}")
                limit += _IMPATIENT_S
            if stop.wait(0.25):
                return

    def missing(self) -> str:
        """What is not ready; empty when all is."""
        try:
            with urllib.request.urlopen(self._url, timeout=3):  # noqa: S310
                return ""
        except urllib.error.HTTPError as error:
            with error:
                return _sentence(error.read())
        except OSError as error:
            return f"the gateway does not answer ({error})"


def base_url(settings: Settings) -> str:
    """The gateway's address as seen from this machine."""
    return _url(settings.host, settings.port)


def addresses(settings: Settings) -> str:
    """What a person wants to know once everything runs."""
    page, flower = base_url(settings), _url(settings.host, settings.flower_port)
    return f"""
  Mien is ready.

    Live page   {page}/
    A photo     curl -F image=@photo.jpg {page}/detect_emotion
    Flower      {flower}/   user {settings.flower_user}, password {settings.flower_password}
    Redis       {without_password(settings.redis_url)}

  Ctrl-C stops everything.
"""


def _url(host: str, port: int) -> str:
    name = _ANYWHERE.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def _sentence(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return "the gateway answers, but not as expected"
