"""Waiting until the gateway says that a photo would be analysed, and saying where everything is."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable

from contracts.addresses import without_password
from contracts.settings import Settings

_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 # nosec
_IMPATIENT_S = 60.0
_COMPILES = "before a worker reports, Keras compiles the networks in every shape that it will meet"


class Readiness:
    """Asks ``/healthz``."""

    def __init__(self, settings: Settings) -> None:
        self._url = f"{base_url(settings)}/healthz"
        self._hint = f" Up to some minutes that is in order: {_COMPILES}." if settings.runtime == "keras" else ""

    def wait(self, stop: threading.Event, say: Callable[[str], None]) -> None:
        """Return when all is ready or `stop` is set.

        Args:
            stop: ends the wait.
            say: is told each minute what is still missing.
        """
        limit = time.monotonic() + _IMPATIENT_S
        while reason := self.missing():
            if time.monotonic() > limit:
                say(f"Not ready yet: {reason}{self._hint}")
                limit += _IMPATIENT_S
            if stop.wait(0.25):
                return

    def missing(self) -> str:
        """What is not ready; empty when all is."""
        try:
            with urllib.request.urlopen(self._url, timeout=3):  # noqa: S310 # nosec B310
                return ""
        except urllib.error.HTTPError as error:
            with error:
                return _sentence(error.read())
        except OSError as error:
            return f"the gateway does not answer ({error})"


def starting(settings: Settings) -> str:
    """What is said before it is waited for."""
    if settings.runtime == "keras":
        return f"Starting; {_COMPILES}, which takes from half a minute to some minutes."
    return "Starting; the first time the models are read this takes a few seconds."


def base_url(settings: Settings) -> str:
    """The gateway's address as seen from this machine."""
    return _url(settings.host, settings.port)


def addresses(settings: Settings, wanted_port: int) -> str:
    """The banner: where everything is, once it runs.

    Args:
        settings: as the processes have them.
        wanted_port: the gateway's port, had it been free.
    """
    page, flower = base_url(settings), _url(settings.host, settings.flower_port)
    return f"""
  Mien is ready.

    Live page   {page}/
    A photo     curl -F image=@photo.jpg {page}/detect_emotion
    Flower      {flower}/   user {settings.flower_user}, password {settings.flower_password}
    Redis       {without_password(settings.redis_url)}
{_moved(settings.port, wanted_port)}
  Ctrl-C stops everything.
"""


def _moved(port: int, wanted_port: int) -> str:
    if port == wanted_port:
        return ""
    return f"""
  Another program listens on port {wanted_port} (on a Mac that is often AirPlay Receiver), so Mien took {port}.
  MIEN_PORT chooses a port.
"""


def _url(host: str, port: int) -> str:
    name = _ANYWHERE.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def _sentence(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return "the gateway answers, but not as expected"
