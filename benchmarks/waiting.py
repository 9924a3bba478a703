"""Waiting on a gateway for a job: how long after its end the answer comes, and what a thousand who wait at once take.

    python -m benchmarks.waiting [--jobs 200] [--clients 1000]

First one client after the other waits on *another* gateway than the one that runs beside. Then as many clients as named
wait at the same time, each for a job of its own, on one gateway process; all jobs end together. Jobs are finished by
this program, so that the moment is known; both gateways are real processes.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, NamedTuple

import requests

from benchmarks.system import ROOT, System, running_system
from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage.connections import connect
from contracts.storage.jobs import JobStore
from deploy.ports import free_port

_NAME: Final = "mien-gateway"
"""What the names of a gateway's connections to Redis begin with."""


class Crowd(NamedTuple):
    """Clients that waited at the same time."""

    answered: int
    connections: int
    """To Redis, of the gateway, while all waited."""
    megabytes: float
    """Of the gateway's processes, resident, while all waited."""
    seconds: float
    """From the end of the jobs, which takes a while by itself, to the last answer."""


def delays(url: str, jobs: JobStore, count: int) -> list[float]:
    """Seconds from the end of each job to the answer at the gateway `url`."""
    session, taken = requests.Session(), []
    with ThreadPoolExecutor(1) as pool:
        for _ in range(count):
            job = jobs.create([b"x"], BULK)
            jobs.claim(job.id, "benchmark")
            answer = pool.submit(lambda i=job.id: (session.get(f"{url}/v1/jobs/{i}?wait=60"), time.perf_counter()))
            time.sleep(0.05)  # until the client waits
            ended = time.perf_counter()
            jobs.finish(job.id, "benchmark", [])
            taken.append(answer.result()[1] - ended)
    return taken


async def crowd(system: System, jobs: JobStore, clients: int) -> Crowd:
    """Let so many clients wait on one gateway, each for its own job, and end all jobs."""
    ids = [jobs.create([b"x"], BULK).id for _ in range(clients)]
    for job_id in ids:
        jobs.claim(job_id, "benchmark")
    port = int(system.address.rpartition(":")[2])
    waiting = [asyncio.create_task(_wait(port, job_id)) for job_id in ids]
    while await asyncio.to_thread(_waiting, system.address) < clients:
        if any(task.done() for task in waiting):
            raise RuntimeError("a client did not wait")
        await asyncio.sleep(0.1)
    connections = sum(client["name"].startswith(_NAME) for client in system.redis.client_list())
    family = [system.gateway, *system.gateway.children(recursive=True)]
    megabytes = sum(process.memory_info().rss for process in family) / 1e6
    begun = time.perf_counter()
    await asyncio.to_thread(lambda: [jobs.finish(job_id, "benchmark", []) for job_id in ids])
    answered = sum(await asyncio.gather(*waiting))
    return Crowd(answered, connections, megabytes, time.perf_counter() - begun)


def _waiting(address: str) -> int:
    text = requests.get(f"{address}/metrics", timeout=30).text
    return sum(int(float(line.split()[-1])) for line in text.splitlines() if line.startswith("mien_jobs_waited_for"))


async def _wait(port: int, job_id: str) -> bool:
    """Whether the answer was that the job has succeeded."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /v1/jobs/{job_id}?wait=60 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return answer.startswith(b"HTTP/1.1 200") and b'"state":"succeeded"' in answer.replace(b'": "', b'":"')


@contextmanager
def _another_gateway(url: str) -> Iterator[str]:
    port = free_port()
    environment = {**os.environ, "MIEN_REDIS_URL": url, "MIEN_PORT": str(port), "MIEN_LOG_LEVEL": "warning"}
    process = subprocess.Popen([sys.executable, "-m", "api"], cwd=ROOT, env=environment)
    address = f"http://127.0.0.1:{port}"
    while True:
        try:
            requests.get(f"{address}/livez", timeout=5)
            break
        except requests.RequestException:
            time.sleep(0.1)
    yield address
    process.terminate()
    process.wait()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--clients", type=int, default=1_000)
    arguments = parser.parse_args()
    with running_system(1, worker_queues="webhooks", lease_s=600, client_share=1) as system:
        url = system.redis_url
        jobs = JobStore(connect(url, name="benchmark"), Settings(redis_url=url, lease_s=600))
        with _another_gateway(url) as address:
            taken = delays(address, jobs, arguments.jobs)
        found = asyncio.run(crowd(system, jobs, arguments.clients))
    p95 = statistics.quantiles(taken, n=20)[-1]
    print(f"{len(taken)} waits: median {statistics.median(taken) * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms")
    print(
        f"{arguments.clients} clients at once: {found.answered} answered, {found.seconds:.1f} s from the first end on"
    )
    print(f"meanwhile {found.connections} connections to Redis, {found.megabytes:.0f} MB")


if __name__ == "__main__":
    main()
