"""What viewers cost: the gateway's CPU time, encodings a frame, and memory beside viewers who stop reading.

    python -m benchmarks.viewers [--seconds 20] [--viewers 30] [--cameras 12] [--fps 15]

Capture, Redis, a worker with the real networks and the gateway are real; viewers are sockets on one thread of this
process, which read and throw away, and acknowledge each picture of a WebSocket. CPU is that of the gateway's process,
in % of a core. Encodings a frame are those that workers made for viewers, divided by the frames that they analysed.
Then ten viewers ask for the stream and read no more: how much memory the gateway takes meanwhile, and when it has
dropped them.
"""

import argparse
import base64
import json
import os
import re
import selectors
import socket
import struct
import time
from collections.abc import Callable
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import psutil
import requests

from benchmarks.live_cameras import filming
from benchmarks.system import System, cpu_of, running_system

_SETTLES_S: Final = 6.0
"""Until forms that were watched before are not made any more."""
_PIECE: Final = 1 << 16
_SMALL: Final = {"width": 320, "fps": 5, "quality": 70, "boxes": False}
_IDLE: Final = 10
"""Viewers who read no more."""


class Cost(NamedTuple):
    """What a way of looking took."""

    name: str
    pictures: float
    """Of all viewers together, a second."""
    cpu: float
    """Of the gateway, in % of a core."""
    encodings: float
    """For each frame that was analysed."""


class Feed:
    """A viewer of `/video_feed`."""

    def __init__(self, address: str, camera: str) -> None:
        self.socket = _asked(address, f"/video_feed?camera={camera}")
        self.pictures, self._rest = 0, b""

    def take(self) -> None:
        """Read what is there."""
        data = self._rest + self.socket.recv(_PIECE)
        self.pictures += data.count(b"Mien-Picture")
        self._rest = data[-11:]


class Viewer:
    """A viewer over the WebSocket."""

    def __init__(self, address: str, cameras: dict[str, object]) -> None:
        upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket = _asked(address, "/v1/live", f"{upgrade}Sec-WebSocket-Key: {key}\r\n")
        self.pictures, self._rest, self._switched = 0, bytearray(), False
        self._cameras = cameras

    def take(self) -> None:
        """Read what is there, and acknowledge each picture of it."""
        self._rest += self.socket.recv(_PIECE)
        if not self._switched:
            head, end, rest = bytes(self._rest).partition(b"\r\n\r\n")
            if not end:
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self._switched, self._rest = True, bytearray(rest)
            self._say(1, json.dumps({"watch": self._cameras}).encode())
        while (frame := self._frame()) is not None:
            opcode, payload = frame
            if opcode == 9:
                self._say(10, payload)
            elif opcode == 2:
                length = int.from_bytes(payload[:4], "big")
                if len(payload) > 4 + length:
                    header = json.loads(payload[4 : 4 + length])
                    self.pictures += header["picture"] != "placeholder"
                    shown = {"shown": {"camera": header["camera"], "serial": header["serial"]}}
                    self._say(1, json.dumps(shown).encode())

    def _frame(self) -> tuple[int, bytes] | None:
        """The next frame, if all of it is there; servers do not mask."""
        data = self._rest
        if len(data) < 2:
            return None
        size, begin = data[1], 2
        if size == 126:
            size, begin = (struct.unpack_from(">H", data, 2)[0], 4) if len(data) >= 4 else (1 << 62, 4)
        elif size == 127:
            size, begin = (struct.unpack_from(">Q", data, 2)[0], 10) if len(data) >= 10 else (1 << 62, 10)
        if len(data) < begin + size:
            return None
        opcode, payload = data[0] & 15, bytes(data[begin : begin + size])
        del data[: begin + size]
        return opcode, payload

    def _say(self, opcode: int, payload: bytes) -> None:
        size = bytes([128 | len(payload)]) if len(payload) < 126 else b"\xfe" + struct.pack(">H", len(payload))
        self.socket.sendall(bytes([128 | opcode]) + size + bytes(4) + payload)  # masked with zeros


def _asked(address: str, path: str, more: str = "") -> socket.socket:
    host, port = urlsplit(address).hostname, urlsplit(address).port
    connection = socket.create_connection((host or "", port or 80), 30)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n{more}\r\n".encode())
    return connection


def _count(system: System, name: str) -> float:
    """The sum of a counter over all cameras; workers send theirs every second."""
    pages = ("/metrics", "/metrics/system")
    text = "".join(requests.get(f"{system.address}{page}", timeout=10).text for page in pages)
    return sum(float(value) for value in re.findall(rf"^{name}\{{.*\}} (\S+)$", text, re.MULTILINE))


def _look(viewers: list[Feed] | list[Viewer], seconds: float) -> None:
    end = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        for viewer in viewers:
            selector.register(viewer.socket, selectors.EVENT_READ, viewer)
        while (left := end - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                key.data.take()


def _cost(system: System, name: str, viewers: list[Feed] | list[Viewer], seconds: float) -> Cost:
    _look(viewers, _SETTLES_S)
    counters = ("mien_views_encoded_total", "mien_frames_analyzed_total")
    seen, made = sum(viewer.pictures for viewer in viewers), [_count(system, counter) for counter in counters]
    cpu, begun = cpu_of(system.gateway), time.monotonic()
    _look(viewers, seconds)
    took = time.monotonic() - begun
    cpu = 100 * (cpu_of(system.gateway) - cpu) / took
    seen = sum(viewer.pictures for viewer in viewers) - seen
    encoded, analyzed = (_count(system, counter) - before for counter, before in zip(counters, made, strict=True))
    for viewer in viewers:
        viewer.socket.close()
    return Cost(name, seen / took, cpu, encoded / max(1.0, analyzed))


def _memory(system: System) -> int:
    family = [system.gateway, *system.gateway.children(recursive=True)]
    return sum(psutil.Process(member.pid).memory_info().rss for member in family)


def _idle(system: System, camera: str) -> tuple[float, float]:
    """Megabytes more while viewers read no more, and seconds until they are dropped."""
    before, begun = _memory(system), time.monotonic()
    connections = [_asked(system.address, f"/video_feed?camera={camera}") for _ in range(_IDLE)]
    _until(lambda: _count(system, "mien_viewers") >= _IDLE)
    most = before
    while _count(system, "mien_viewers") > 0 and time.monotonic() < begun + 60:
        most = max(most, _memory(system))
        time.sleep(0.1)
    took = time.monotonic() - begun
    for connection in connections:
        connection.close()
    return (most - before) / 1e6, took


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)


def main() -> None:
    """Measure and print one table in Markdown, and a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--viewers", type=int, default=30)
    parser.add_argument("--cameras", type=int, default=12)
    parser.add_argument("--fps", type=float, default=15.0)
    arguments = parser.parse_args()
    count, cameras = arguments.viewers, [f"camera-{number}" for number in range(arguments.cameras)]
    print("| who looks | pictures a second, all together | gateway, % of a core | encodings a frame |")
    print("| --- | ---: | ---: | ---: |", flush=True)
    with running_system(1, client_share=1) as system:
        with filming(system.redis_url, arguments.fps, "hall"):
            _until(lambda: "hall" in requests.get(f"{system.address}/v1/cameras", timeout=10).text)
            feeds = [Feed(system.address, "hall") for _ in range(count)]
            _print(_cost(system, f"{count} viewers of one camera, `/video_feed`", feeds, arguments.seconds))
            viewers = [Viewer(system.address, {"hall": {"boxes": False}}) for _ in range(count)]
            _print(_cost(system, f"{count} viewers of one camera, WebSocket", viewers, arguments.seconds))
            idle = _idle(system, "hall")
        with filming(system.redis_url, arguments.fps, *cameras):
            _until(lambda: cameras[-1] in requests.get(f"{system.address}/v1/cameras", timeout=10).text)
            wall = [Viewer(system.address, dict.fromkeys(cameras, _SMALL))]
            _print(_cost(system, f"a wall of {len(cameras)} cameras, 5 a second each", wall, arguments.seconds))
    print(
        f"\n{_IDLE} viewers who read no more: {idle[0]:.1f} MB more, dropped within {idle[1]:.1f} s of their request."
    )


def _print(cost: Cost) -> None:
    print(f"| {cost.name} | {cost.pictures:.0f} | {cost.cpu:.1f} | {cost.encodings:.2f} |", flush=True)


if __name__ == "__main__":
    main()
