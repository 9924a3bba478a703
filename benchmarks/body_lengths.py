"""Every length, count and number of a request set to its extremes, and what it costs a gateway to answer.

    python -m benchmarks.body_lengths [--kind JSON|form|HTTP] [--few] [--every 1] [--most-s 2] [--most-stall-s 0.5]

JSON bodies, multipart forms, and the framing of HTTP: what `benchmarks.extreme_json`, `extreme_forms` and
`extreme_http` make, one request after the other, against a private running system. Each is answered, or its connection
closed, in time; with no status above 499 but 503, which says that there is too much to do, and 501, to an unknown
transfer coding; `/livez`, which is asked all the time, answers meanwhile; and the gateway takes no more than
`SPARE_BYTES` beyond what it takes when it has nothing to do, and no more than `MOST_CPU_S`. `make fuzz-images` runs it,
the tests have some of it. Only Linux tells what a process took at most.
"""

import argparse
import http.client
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from benchmarks.extreme_forms import form_bodies
from benchmarks.extreme_http import http_requests
from benchmarks.extreme_json import json_bodies
from benchmarks.fuzz_bodies import Client, Request, is_wrong, processes, sound_bodies
from benchmarks.lengths import MOST_CPU_S, SPARE_BYTES, Usage
from benchmarks.system import System, running_system
from workers.periodic import Periodic

KINDS: Final = ("JSON", "form", "HTTP")
_UNKNOWN_CODING: Final = "501"
"""What RFC 9112 has a server say to a transfer coding that it does not know."""
_ASK_EVERY_S: Final = 0.01


class Cost(NamedTuple):
    """How a request was answered, and what that took."""

    outcome: str
    """A status, ``closed`` or ``no answer``."""
    grown: int
    """Bytes that the gateway took at most, beyond what it takes idle."""
    cpu_s: float
    """Of the gateway."""
    wall_s: float
    """From the first byte that is sent to the whole answer; of an accepted job, until it is canceled, too."""
    stall_s: float
    """The longest that `/livez` took meanwhile."""


class Limits(NamedTuple):
    """What no request may exceed, beside memory and CPU time."""

    wall_s: float
    stall_s: float

    def exceeded(self, cost: Cost) -> bool:
        """Whether a request cost more than any may, or was answered as none may be."""
        dear = cost.grown > SPARE_BYTES or cost.cpu_s > MOST_CPU_S
        wrong = is_wrong(cost.outcome) and cost.outcome != _UNKNOWN_CODING
        return dear or wrong or cost.wall_s > self.wall_s or cost.stall_s > self.stall_s


class Pulse:
    """How long `/livez` takes to answer; asked again and again, on a thread of its own."""

    def __init__(self, address: str) -> None:
        """Ask nothing yet."""
        self._address = urlsplit(address)
        self._longest, self._lock = 0.0, threading.Lock()

    def longest(self) -> float:
        """Seconds that the longest answer took since the last time, one that is awaited included."""
        with self._lock:
            longest, self._longest = self._longest, 0.0
            return longest

    def ask(self) -> None:
        """Ask once."""
        connection = http.client.HTTPConnection(str(self._address.hostname), self._address.port, timeout=60)
        begun = time.monotonic()
        try:
            connection.request("GET", "/livez")
            alive = connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            alive = False
        finally:
            connection.close()
        with self._lock:
            self._longest = max(self._longest, time.monotonic() - begun if alive else float("inf"))


class Meter:
    """Sends requests to a gateway and measures its process."""

    def __init__(self, system: System, pulse: Pulse) -> None:
        """The gateway is idle once it has answered sound requests."""
        (self._process,) = system.gateway.children()
        self._client, self._pulse = Client(system.address), pulse
        for kind, data in sound_bodies():  # what a process loads once is no request's
            self._client.outcome(Request(_head(b"/v1/jobs", kind, data) + data, last=False))
        self._idle = Usage.of(self._process.pid).bytes

    def cost(self, request: Request) -> Cost:
        """Send a request and await its answer."""
        before = Usage.of(self._process.pid)
        self._pulse.longest()
        begun = time.monotonic()
        outcome = self._client.outcome(request)
        wall_s, stall_s = time.monotonic() - begun, self._pulse.longest()
        after = Usage.of(self._process.pid, peak=True)
        return Cost(outcome, after.bytes - self._idle, after.cpu_s - before.cpu_s, wall_s, stall_s)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


def requests(kind: str, *, few: bool) -> Iterator[tuple[str, Request]]:
    """All requests of a kind, by name."""
    match kind:
        case "JSON":
            for name, body in json_bodies(few=few):
                yield name, Request(_head(b"/v1/jobs", "application/json", body) + body, last=False)
        case "form":
            for name, content_type, body in form_bodies(few=few):
                yield name, Request(_head(b"/v1/jobs", content_type, body) + body, last=False)
        case _:
            yield from ((name, Request(data, last=True)) for name, data in http_requests())


def _head(target: bytes, content_type: str, body: bytes) -> bytes:
    lines = (b"POST %s HTTP/1.1" % target, b"Host: 127.0.0.1", b"Content-Type: " + content_type.encode("latin-1"))
    return b"\r\n".join((*lines, b"Content-Length: %d" % len(body), b"", b""))


def measure(system: System, sent: Iterable[tuple[str, Request]], kind: str, limits: Limits) -> bool:
    """Send requests of a kind, and print how they were answered and what that cost; whether all was in order."""
    outcomes, most, wrong = Counter[str](), Cost("", 0, 0.0, 0.0, 0.0), 0
    pulse = Pulse(system.address)
    with Periodic("pulse", _ASK_EVERY_S, pulse.ask):
        meter = Meter(system, pulse)
        for name, request in sent:
            cost = meter.cost(request)
            outcomes[cost.outcome] += 1
            most = Cost("", *map(max, most[1:], cost[1:]))
            if limits.exceeded(cost):
                wrong += 1
                print(f"{kind}, {name}: {cost}", flush=True)
        meter.close()
    for outcome, count in outcomes.most_common():
        print(f"{count:9,}  {kind}: {outcome}")
    took = f"{most.cpu_s:.2f} s of CPU, {most.wall_s:.2f} s until the answer, {most.stall_s:.2f} s for /livez"
    print(f"{kind}: at most {most.grown / 2**20:.0f} MB, {took}")
    return not wrong


def main() -> int:
    """Run it. Returns 1 if a request costs too much or is not answered, or a process ended."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", choices=KINDS, action="append", help="only these requests")
    parser.add_argument("--few", action="store_true", help="large values in a few places only")
    parser.add_argument("--every", type=int, default=1, help="only one in so many; default: all")
    parser.add_argument("--most-s", type=float, default=2.0, help="until an answer; default: %(default)s")
    parser.add_argument("--most-stall-s", type=float, default=0.5, help="until /livez answers; default: %(default)s")
    arguments = parser.parse_args()
    limits = Limits(arguments.most_s, arguments.most_stall_s)
    with running_system() as system:
        before: set[int] = processes(system)
        sound = [
            measure(system, islice(requests(kind, few=arguments.few), 0, None, arguments.every), kind, limits)
            for kind in arguments.kind or KINDS
        ]
        ended = before - processes(system)
    print(f"{len(ended)} processes have ended")
    return int(bool(ended) or not all(sound))


if __name__ == "__main__":
    sys.exit(main())
