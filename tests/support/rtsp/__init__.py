"""A network camera: GStreamer's RTSP server, which `make test` installs (``python -m support.rtsp``).

It runs in Debian's own Python, whose package has the bindings; there is no wheel of them.
"""

import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Final

from deploy.ports import free_port
from support.programs import install_package, succeeds, unavailable

PACKAGES: Final = ("gir1.2-gst-rtsp-server-1.0", "python3-gi", "gstreamer1.0-plugins-good")
REMEDY: Final = f"Install it: apt-get install {' '.join(PACKAGES)}"
PASSWORD: Final = "secret"
_PYTHON: Final = "/usr/bin/python3"
_SCRIPT: Final = Path(__file__).with_name("server.py")
_PROBE: Final = (
    "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import Gst, GstRtspServer; "
    "Gst.init(None); assert Gst.ElementFactory.find('vp8enc')"
)


class NetworkCamera:
    """The server, which a test starts, freezes and kills, at an address that stays the same."""

    def __init__(self) -> None:
        """Choose a free port."""
        if not _there():
            unavailable("GStreamer's RTSP server", REMEDY)
        self.port = free_port()
        self.url = f"rtsp://anna:{PASSWORD}@127.0.0.1:{self.port}/live"
        self._process: subprocess.Popen[str] | None = None
        self._silent: socket.socket | None = None

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self.stop_accepting()
        self._process = subprocess.Popen(
            [_PYTHON, str(_SCRIPT), str(self.port)], stdout=subprocess.PIPE, text=True, env={"PATH": "/usr/bin:/bin"}
        )
        assert self._process.stdout
        assert self._process.stdout.readline() == "ready\n"

    def kill(self) -> None:
        """End it as a power cut does."""
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def freeze(self) -> None:
        """It stays connected, accepts connections and sends nothing."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on."""
        assert self._process
        self._process.send_signal(signal.SIGCONT)

    def accept_only(self) -> None:
        """In its place there is something that accepts connections and says nothing."""
        self.kill()
        self._silent = socket.create_server(("127.0.0.1", self.port), backlog=100)

    def stop_accepting(self) -> None:
        """End that."""
        if self._silent:
            self._silent.close()
            self._silent = None

    def close(self) -> None:
        """End all."""
        self.stop_accepting()
        self.kill()


def main() -> int:
    """Make sure that it is there, where there is a way. Returns the exit status."""
    if not _there() and sys.platform == "linux":
        print("GStreamer's RTSP server is not here: installing it with apt-get.", flush=True)
        if not all(map(install_package, PACKAGES)) or not _there():
            print(f"It could not be installed: the tests of network cameras are skipped. {REMEDY}", flush=True)
    return 0  # on a build server the tests themselves fail


def _there() -> bool:
    return succeeds([_PYTHON, "-c", _PROBE])
