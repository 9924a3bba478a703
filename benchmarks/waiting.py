"""How long after a job's end a client that waits on *another* gateway has its answer.

    python -m benchmarks.waiting [--jobs 200]

Jobs are finished by this program, so that the moment is known; both gateways are real processes.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import requests

from benchmarks.system import ROOT, running_system
from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage.connections import connect
from contracts.storage.jobs import JobStore
from deploy.ports import free_port


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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=200)
    arguments = parser.parse_args()
    with running_system(1) as system:
        server = system.redis.connection_pool.connection_kwargs
        url, port = f"redis://{server['host']}:{server['port']}/0", free_port()
        environment = {**os.environ, "MIEN_REDIS_URL": url, "MIEN_PORT": str(port), "MIEN_LOG_LEVEL": "warning"}
        other = subprocess.Popen([sys.executable, "-m", "api"], cwd=ROOT, env=environment)
        address = f"http://127.0.0.1:{port}"
        while True:
            try:
                requests.get(f"{address}/livez", timeout=5)
                break
            except requests.RequestException:
                time.sleep(0.1)
        taken = delays(address, JobStore(connect(url, name="benchmark"), Settings(redis_url=url)), arguments.jobs)
        other.terminate()
        other.wait()
    p95 = statistics.quantiles(taken, n=20)[-1]
    print(f"{len(taken)} waits: median {statistics.median(taken) * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms")


if __name__ == "__main__":
    main()
