"""What a load of bulk jobs does to clients that wait: p50 and p95 of interactive requests without and with it.

    python -m benchmarks.bulk_load [--bulk 1000] [--requests 200] [--shared] [--threads 1]

One client posts a photo to `/detect_emotion` and waits for the answer, again and again: with nothing else going on,
then behind a backlog of `--bulk` jobs that has been accepted before and keeps its worker busy all the while, then while
four further clients submit as many jobs as fast as the gateway takes them, then with nothing else again. The backlog
is what workers for single queues and their priority are for; submission costs the gateway's one process as much as
any other request.

Without options one of the two workers is kept for interactive jobs and the other for bulk, as the documentation
advises where the wait matters; with `--shared` both take both, and with `--threads 2` besides they are those of
`make up WORKERS=2`.
"""

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import requests

from benchmarks.photos import face_photo
from benchmarks.system import System, running_system

_HEADERS = {"Content-Type": "image/jpeg"}
_WORKER_SETTINGS = ({"worker_queues": "interactive,live,webhooks"}, {"worker_queues": "bulk"})
_SUBMITTERS = 4


class Interactive:
    """A client that waits for each answer."""

    def __init__(self, system: System, photo: bytes) -> None:
        """Make a client of the system that posts a JPEG."""
        self._url, self._photo, self._session = f"{system.address}/detect_emotion", photo, requests.Session()

    def ask(self) -> float:
        """Seconds that one request took."""
        begun = time.perf_counter()
        self._session.post(self._url, data=self._photo, headers=_HEADERS, timeout=60).raise_for_status()
        return time.perf_counter() - begun

    def ask_often(self, count: int) -> list[float]:
        """Seconds that each of `count` requests took, one after the other."""
        return [self.ask() for _ in range(count)]

    def ask_while(self, condition: Callable[[], bool]) -> list[float]:
        """Seconds that each request took while the condition held."""
        taken = []
        while condition():
            taken.append(self.ask())
        return taken


class Bulk:
    """Clients, in a process of their own, that submit jobs of one image and do not wait for them."""

    def __init__(self, system: System, photo: bytes, count: int) -> None:
        """Start the process, which submits `count` jobs of the JPEG."""
        url = f"{system.address}/v1/jobs"
        self._process = multiprocessing.get_context("fork").Process(target=_submit, args=(url, photo, count))
        self._process.start()

    def finish(self) -> None:
        """Return when all are accepted.

        Raises:
            RuntimeError: one was not.
        """
        self._process.join()
        if self._process.exitcode:
            raise RuntimeError("a bulk job was not accepted")

    @property
    def submitting(self) -> bool:
        """Whether there are still jobs to submit."""
        return self._process.is_alive()


def _submit(url: str, photo: bytes, count: int) -> None:
    def run(share: int) -> None:
        session = requests.Session()
        for _ in range(share):
            session.post(url, data=photo, headers=_HEADERS, timeout=60).raise_for_status()

    with ThreadPoolExecutor(_SUBMITTERS) as pool:
        list(pool.map(run, [count // _SUBMITTERS] * _SUBMITTERS))


def _store_backlog(system: System, photo: bytes, count: int) -> None:
    """Submit jobs while the workers stand still, which would else analyse them as fast as they are accepted."""
    for worker in system.workers:
        worker.suspend()
    try:
        Bulk(system, photo, count).finish()
    finally:
        for worker in system.workers:
            worker.resume()


def measure(system: System, photo: bytes, bulk: int, count: int) -> dict[str, list[float]]:
    """Seconds of each interactive request, by what else went on."""
    client = Interactive(system, photo)
    client.ask_often(20)
    taken = {"alone": client.ask_often(count)}
    _store_backlog(system, photo, bulk)
    taken["behind a backlog"] = client.ask_often(count)
    left = system.redis.zcard("mien:queued:bulk")
    print(f"bulk jobs still waiting after the requests behind the backlog: {left} of {bulk}")
    if not left:
        raise RuntimeError("the backlog was gone before the end: submit more with --bulk")
    more = Bulk(system, photo, bulk)
    taken["during submission"] = client.ask_while(lambda: more.submitting)
    more.finish()
    while system.redis.zcard("mien:queued:bulk"):
        time.sleep(0.1)
    taken["alone again"] = client.ask_often(count)
    return taken


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bulk", type=int, default=1_000)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--shared", action="store_true")
    parser.add_argument("--threads", type=int, default=1, help="of each worker")
    arguments = parser.parse_args()
    each = ({}, {}) if arguments.shared else _WORKER_SETTINGS
    with running_system(2, each=each, worker_threads=arguments.threads) as system:
        taken = measure(system, face_photo(), arguments.bulk, arguments.requests)
    alone = _p95(taken["alone"])
    for name, seconds in taken.items():
        p50, p95 = statistics.median(seconds), _p95(seconds)
        print(
            f"{name:18} {len(seconds):4} requests   p50 {p50 * 1000:6.1f} ms   p95 {p95 * 1000:6.1f} ms"
            f"   p95 {p95 / alone - 1:+.0%}"
        )


def _p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


if __name__ == "__main__":
    main()
