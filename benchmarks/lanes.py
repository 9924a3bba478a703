"""What a load of bulk jobs does to somebody who waits: p50 and p95 of interactive requests without and with it.

    python -m benchmarks.lanes [--bulk 1000] [--requests 200] [--reserved]

Interactive jobs are taken first, and a job that has been begun is never interrupted. `--reserved` keeps one of the two
workers for the interactive queue, as the documentation advises where the wait matters.
"""

import argparse
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import requests

from benchmarks.photos import face_photo
from benchmarks.system import System, running_system

_HEADERS = {"Content-Type": "image/jpeg"}
_RESERVED = ({"worker_queues": "interactive,live,webhooks"}, {"worker_queues": "bulk"})


def interactive(system: System, photo: bytes, count: int) -> list[float]:
    """Seconds that each of `count` requests took, one after the other."""
    session, taken = requests.Session(), []
    for _ in range(count):
        begun = time.perf_counter()
        session.post(f"{system.address}/detect_emotion", data=photo, headers=_HEADERS, timeout=60).raise_for_status()
        taken.append(time.perf_counter() - begun)
    return taken


def submit_bulk(system: System, photo: bytes, count: int) -> None:
    """Put `count` jobs of one image into the bulk queue."""
    address = f"{system.address}/v1/jobs"
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda _: requests.post(address, data=photo, headers=_HEADERS, timeout=60), range(count))
        for answer in answers:
            answer.raise_for_status()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bulk", type=int, default=1_000)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--reserved", action="store_true")
    arguments = parser.parse_args()
    photo = face_photo()
    each = _RESERVED if arguments.reserved else ({}, {})
    with running_system(2, each=each, worker_threads=1) as system:
        interactive(system, photo, 20)
        alone = interactive(system, photo, arguments.requests)
        submit_bulk(system, photo, arguments.bulk)
        loaded = interactive(system, photo, arguments.requests)
        left = system.redis.llen("bulk")
    for name, taken in (("alone", alone), ("behind bulk", loaded)):
        p95 = statistics.quantiles(taken, n=20)[-1]
        print(f"{name:12} p50 {statistics.median(taken) * 1000:6.1f} ms   p95 {p95 * 1000:6.1f} ms")
    print(f"bulk jobs still waiting at the end: {left} of {arguments.bulk}")


if __name__ == "__main__":
    main()
