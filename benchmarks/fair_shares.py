"""One client's slow connections and flood of jobs, and what they do to an honest client at another address.

    python -m benchmarks.fair_shares [--slow 500] [--requests 100] [--images 100] [--floods 4] [--priority interactive]

The honest client posts a photo to `/detect_emotion`, waits for the answer, and does so again: alone, then beside
`--slow` connections that send half a head or declare a body and do not send it, and `--floods` threads that post jobs
of `--images` images without a pause. Its 95th percentile stays under a second, and it is never refused; the flood is
told 429 once it has its share.
"""

import argparse
import multiprocessing
import socket
import statistics
import threading
import time
from collections import Counter
from contextlib import ExitStack

import requests
from requests.adapters import HTTPAdapter

from benchmarks.photos import face_photo
from benchmarks.system import running_system

_HONEST, _HOSTILE = "127.0.0.1", "127.0.0.2"
_HEADS = (b"GET / HT", b"POST /detect_emotion HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000000\r\n\r\nx")


class From(HTTPAdapter):
    """Connects from a given address of this machine."""

    def __init__(self, address: str) -> None:
        """Use this address."""
        self._address = address
        super().__init__()

    def init_poolmanager(self, *args: object, **kwargs: object) -> None:
        """Requests' pool, with the address."""
        super().init_poolmanager(*args, source_address=(self._address, 0), **kwargs)  # type: ignore[no-untyped-call]


def client_at(address: str) -> requests.Session:
    """A client with an address of its own."""
    session = requests.Session()
    session.mount("http://", From(address))
    return session


class Flood:
    """Posts jobs of one client without a pause, in a process of its own; what it is told is counted."""

    def __init__(self, url: str, photo: bytes, images: int, threads: int) -> None:
        """Prepare to post jobs of so many copies of the photo, with so many threads."""
        context = multiprocessing.get_context("fork")
        self._end, self._told = context.Event(), context.SimpleQueue()
        self._process = context.Process(target=self._post_all, args=(url, photo, images, threads))
        self.answers: Counter[str] = Counter()

    def __enter__(self) -> "Flood":
        """Begin."""
        self._process.start()
        self._told.get()  # the first answer
        return self

    def __exit__(self, *_: object) -> None:
        """End, once the posts that are under way are answered."""
        self._end.set()
        self.answers = self._told.get()
        self._process.join()

    def _post_all(self, url: str, photo: bytes, images: int, threads: int) -> None:
        files = [("images", ("a.jpg", photo, "image/jpeg"))] * images
        prepared = requests.Request("POST", url, files=files).prepare()
        answers, first = Counter[str](), threading.Event()

        def post() -> None:
            with client_at(_HOSTILE) as session:
                while not self._end.is_set():
                    try:
                        told = str(session.send(prepared, timeout=30).status_code)
                    except requests.RequestException as error:
                        told = type(error).__name__
                    answers[told] += 1
                    first.set()

        posting = [threading.Thread(target=post) for _ in range(threads)]
        for thread in posting:
            thread.start()
        first.wait()
        self._told.put(None)
        for thread in posting:
            thread.join()
        self._told.put(answers)


def slow_connections(port: int, count: int, stack: ExitStack) -> None:
    """Heads without an end, and bodies that are declared and not sent."""
    for number in range(count):
        client = stack.enter_context(
            socket.create_connection(("127.0.0.1", port), source_address=(_HOSTILE, 0), timeout=30)
        )
        client.sendall(_HEADS[number % 2])


def ask(session: requests.Session, url: str, photo: bytes, count: int) -> tuple[list[float], Counter[int]]:
    """Post the photo `count` times, one after the other: seconds of each, and the statuses."""
    seconds, statuses = list[float](), Counter[int]()
    for _ in range(count):
        begun = time.perf_counter()
        answer = session.post(f"{url}/detect_emotion", data=photo, headers={"Content-Type": "image/jpeg"}, timeout=60)
        seconds.append(time.perf_counter() - begun)
        statuses[answer.status_code] += 1
    return seconds, statuses


def _show(name: str, seconds: list[float], statuses: Counter[int]) -> None:
    p95 = statistics.quantiles(seconds, n=20)[-1]
    told = ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items()))
    p50, longest = statistics.median(seconds), max(seconds)
    print(f"{name:14} p50 {p50:6.3f} s   p95 {p95:6.3f} s   longest {longest:.3f} s   {told}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slow", type=int, default=500)
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--floods", type=int, default=4)
    parser.add_argument("--priority", choices=("interactive", "bulk"), default="interactive")
    arguments = parser.parse_args()
    photo = face_photo()
    with running_system() as system, client_at(_HONEST) as honest, ExitStack() as stack:
        ask(honest, system.address, photo, 10)
        _show("alone", *ask(honest, system.address, photo, arguments.requests))
        slow_connections(int(system.address.rpartition(":")[2]), arguments.slow, stack)
        flood = Flood(
            f"{system.address}/v1/jobs?priority={arguments.priority}", photo, arguments.images, arguments.floods
        )
        with flood:
            _show("beside a flood", *ask(honest, system.address, photo, arguments.requests))
    print(f"the flood was told: {dict(flood.answers)}")


if __name__ == "__main__":
    main()
