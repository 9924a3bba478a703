"""Whether the process of this container does its work: ``python -m deploy.health ROLE``, exit status 0 or 1.

Runs every few seconds in every container, so each check imports only what it needs itself.
"""

import argparse
import http.client
import socket
import sys
from collections.abc import Callable

from contracts.errors import ConfigurationError, MienError
from contracts.settings import Settings, load_settings

_PATIENCE_S = 3.0


def main(argv: list[str] | None = None) -> int:
    """Check one role. Says in a sentence what is wrong, if anything is."""
    parser = argparse.ArgumentParser(prog="python -m deploy.health", description="Is this container's process well?")
    parser.add_argument("role", choices=sorted(CHECKS))
    role = parser.parse_args(argv).role
    try:
        problem = CHECKS[role](load_settings())
    except (MienError, OSError) as error:
        problem = str(error) or type(error).__name__
    print(problem or "well")
    return 1 if problem else 0


def _gateway(settings: Settings) -> str:
    return _get(settings.port, "/livez")


def _flower(settings: Settings) -> str:
    return _get(settings.flower_port, "/healthcheck")


def _worker(settings: Settings) -> str:
    from contracts.storage.connections import connect
    from contracts.storage.heartbeat import HeartbeatStore

    redis = connect(settings.redis_url, name="health", max_connections=1)
    here = socket.gethostname()
    if any(worker.host == here for worker in HeartbeatStore(redis).live_workers()):
        return ""
    return f"No worker on {here} has reported within the last seconds."


def _capture(settings: Settings) -> str:
    from contracts.cameras import load_cameras
    from contracts.storage.cameras import BELIEVED_S, CameraStatuses
    from contracts.storage.connections import connect

    redis = connect(settings.frame_redis_url, name="health", max_connections=1)
    told = CameraStatuses(redis).all()
    try:
        cameras = [camera.name for camera in load_cameras(settings) if camera.kind != "browser"]
    except ConfigurationError:  # a file that has become wrong changes nothing
        cameras = list(told)
    if not cameras or any(name in told for name in cameras):
        return ""
    return f"Capture has not said for {BELIEVED_S:g} s how its cameras are."


def _get(port: int, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_S)
    try:
        connection.request("GET", path)
        status = connection.getresponse().status
    finally:
        connection.close()
    return "" if status == http.client.OK else f"{path} answers {status}."


CHECKS: dict[str, Callable[[Settings], str]] = {
    "gateway": _gateway,
    "worker": _worker,
    "capture": _capture,
    "flower": _flower,
}
"""Role → what is wrong with it; empty when nothing is."""

if __name__ == "__main__":
    sys.exit(main())
