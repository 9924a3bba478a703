"""What a failover costs: three real servers, three Sentinels, a gateway, a worker, and a load of jobs.

    make failover                        # kills, partitions and latency; prints the tables of docs/failover.md
    python -m benchmarks.failover kill --rounds 5

Jobs are photos with an idempotency key each, sent by clients that go on after an error. What was answered with 202 is
asked for in the end, one by one: what the new master does not know is lost. A partition takes root and nft: it parts
the master from the other servers and from two Sentinels, not from its clients and not from the third Sentinel.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import requests

from contracts.storage.connections import connect
from contracts.storage.heartbeat import HeartbeatStore
from deploy.ports import free_port
from support.clocks import wait_for
from support.sentinels import Trio, parted, running

ROOT: Final = Path(__file__).parents[1]
PHOTO: Final = (ROOT / "capture/sources/astronaut.jpg").read_bytes()
CLIENTS: Final = 4
BEFORE_S: Final = 4.0
AFTER_S: Final = 4.0
PARTED_S: Final = 15.0


class Mode(NamedTuple):
    """What is compared."""

    durability: str
    appendfsync: str
    min_replicas: int = 0

    @property
    def options(self) -> dict[str, str]:
        """Of the servers."""
        guarded = {"min-replicas-to-write": str(self.min_replicas), "min-replicas-max-lag": "2"}
        return {"appendfsync": self.appendfsync} | (guarded if self.min_replicas else {})

    def __str__(self) -> str:
        guarded = f", `min-replicas-to-write {self.min_replicas}`" if self.min_replicas else ""
        return f"`{self.durability}`, `appendfsync {self.appendfsync}`{guarded}"


class Answer(NamedTuple):
    """Of one request."""

    began: float
    ended: float
    status: int
    job_id: str
    certain: bool


class Load:
    """Clients that send one photo after the other."""

    def __init__(self, url: str) -> None:
        self.url, self.answers = url, list[Answer]()
        self._stop, self._threads = threading.Event(), list[threading.Thread]()

    def start(self, clients: int) -> None:
        """Begin."""
        self._threads = [threading.Thread(target=self._send, args=(number,)) for number in range(clients)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End, when each has its answer."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _send(self, client: int) -> None:
        session, number = requests.Session(), 0
        while not self._stop.is_set():
            number, began = number + 1, time.monotonic()
            headers = {"Content-Type": "image/jpeg", "Idempotency-Key": f"{client}-{number}"}
            try:
                answer = session.post(f"{self.url}/v1/jobs", data=PHOTO, headers=headers, timeout=30)
            except requests.RequestException:
                continue
            told: dict[str, Any] = answer.json()
            certain = answer.status_code in (200, 202)
            job_id = str(told.get("id") if certain else told.get("job") or "")
            self.answers.append(Answer(began, time.monotonic(), answer.status_code, job_id, certain))
            self._stop.wait(0.02 if certain else 0.1)

    def accepted(self, since: float = 0.0) -> list[Answer]:
        """Those that were answered with 202, and were sent since then."""
        return [answer for answer in list(self.answers) if answer.certain and answer.began >= since]


@contextlib.contextmanager
def system(trio: Trio, durability: str, folder: Path) -> Iterator[Load]:
    """A gateway and a worker of these servers."""
    port = free_port()
    environment = {**os.environ, "MIEN_REDIS_URL": trio.url, "MIEN_PORT": str(port), "MIEN_LOG_LEVEL": "warning"}
    environment |= {"MIEN_DURABILITY": durability, "MIEN_LEASE_S": "5", "MIEN_MAX_BULK_WAIT_S": "100000"}
    started = []
    try:
        for module in ("api", "workers"):
            with (folder / f"{module}.log").open("wb") as log:
                command = [sys.executable, "-m", module]
                started.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log))
        redis = connect(trio.url, name="benchmark")
        wait_for(HeartbeatStore(redis).live_workers, "a worker", 120)
        load = Load(f"http://127.0.0.1:{port}")
        wait_for(lambda: _answers(f"{load.url}/healthz"), "the gateway", 120)
        redis.close()
        yield load
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(timeout=60)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False


def lost(load: Load, limit_s: float = 120) -> tuple[int, int]:
    """How many accepted jobs are gone, when all others are final; and how many of those that were uncertain."""
    counts = {True: 0, False: 0}
    with requests.Session() as session:
        for answer in [answer for answer in load.answers if answer.job_id]:
            found: list[str] = []

            def ended(answer: Answer = answer, found: list[str] = found) -> bool:
                asked = session.get(f"{load.url}/v1/jobs/{answer.job_id}", timeout=30)
                found[:] = ["gone"] if asked.status_code in (404, 410) else [asked.json().get("state", "")]
                return found[0] in ("gone", "succeeded")

            wait_for(ended, f"job {answer.job_id} to end: {found}", limit_s)
            counts[answer.certain] += found[0] == "gone"
    return counts[True], counts[False]


def killed(mode: Mode) -> dict[str, float]:
    """One round: the master is killed under load."""
    with (
        tempfile.TemporaryDirectory() as name,
        running(Trio(Path(name), options=mode.options)) as trio,
        system(trio, mode.durability, Path(name)) as load,
    ):
        load.start(CLIENTS)
        time.sleep(BEFORE_S)
        at = time.monotonic()
        trio.master.kill()
        wait_for(lambda: load.accepted(at), "a job to be accepted", 120)
        first = load.accepted(at)[0]
        finished_s = _finished(load, first, at)
        time.sleep(AFTER_S)
        load.stop()
        return {"accepted again after s": first.ended - at, "finished again after s": finished_s} | _counted(load)


def _finished(load: Load, answer: Answer, at: float) -> float:
    state = lambda: requests.get(f"{load.url}/v1/jobs/{answer.job_id}", timeout=30).json().get("state")  # noqa: E731
    wait_for(lambda: state() == "succeeded", "it to be analysed", 120)
    return time.monotonic() - at


def _counted(load: Load) -> dict[str, float]:
    gone, uncertain_gone = lost(load)
    return {
        "accepted": len(load.accepted()),
        "uncertain": sum(bool(answer.job_id) and not answer.certain for answer in load.answers),
        "refused": sum(not answer.job_id for answer in load.answers),
        "lost": gone,
        "uncertain and gone": uncertain_gone,
    }


def partitioned(mode: Mode) -> dict[str, float]:
    """One round: the master is cut off for `PARTED_S`, in which another one is made."""
    with (
        tempfile.TemporaryDirectory() as name,
        running(Trio(Path(name), options=mode.options, spread=True)) as trio,
        system(trio, mode.durability, Path(name)) as load,
    ):
        load.start(CLIENTS)
        time.sleep(BEFORE_S)
        at = time.monotonic()
        with parted(trio):
            time.sleep(PARTED_S)
        healed = time.monotonic()
        within = len(load.accepted(at))
        wait_for(lambda: trio.followers() == len(trio.servers) - 1, "the old master to follow", 120)
        wait_for(lambda: load.accepted(healed), "a job to be accepted", 120)
        time.sleep(AFTER_S)
        load.stop()
        return _counted(load) | {"accepted while parted": within}


def latency(mode: Mode, clients: int, seconds: float = 10.0) -> dict[str, float]:
    """Without any failover: how long `POST /v1/jobs` takes."""
    with (
        tempfile.TemporaryDirectory() as name,
        running(Trio(Path(name), options=mode.options)) as trio,
        system(trio, mode.durability, Path(name)) as load,
    ):
        load.start(clients)
        time.sleep(2)
        at = time.monotonic()
        time.sleep(seconds)
        load.stop()
        taken = sorted(answer.ended - answer.began for answer in load.accepted(at))
        return {
            "p50 ms": 1e3 * taken[len(taken) // 2],
            "p95 ms": 1e3 * taken[int(0.95 * len(taken))],
            "jobs a second": len(taken) / seconds,
        }


MODES: Final = (
    Mode("everysec", "everysec"),
    Mode("always", "always"),
    Mode("replicated", "everysec"),
    Mode("replicated", "always"),
)
PARTED: Final = (Mode("everysec", "everysec"), Mode("everysec", "everysec", 1), Mode("replicated", "everysec", 1))


def report(title: str, modes: Sequence[Mode], rounds: int, run: Callable[[Mode], dict[str, float]]) -> None:
    """Print a row a mode: of each figure the least and the most of the rounds."""
    print(f"\n{title}", flush=True)
    for mode in modes:
        results = []
        for _ in range(rounds):
            results.append(run(mode))
            print(f"  {mode}: {_shown(results[-1])}", file=sys.stderr, flush=True)
        names = list(results[0])
        if mode is modes[0]:
            print(f"| mode | {' | '.join(names)} |\n| --- |{' --- |' * len(names)}")
        print(f"| {mode} | {' | '.join(_range([result[name] for result in results]) for name in names)} |", flush=True)


def _shown(figures: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.1f}" for name, value in figures.items())


def _range(values: Sequence[float]) -> str:
    texts = [f"{value:.1f}" if isinstance(value, float) else f"{value:,}" for value in (min(values), max(values))]
    return texts[0] if texts[0] == texts[1] else " … ".join(texts)


WHAT: Final = ("kill", "partition", "latency")


def main() -> None:
    """Measure what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.failover", description=__doc__.partition("\n")[0])
    parser.add_argument("--only", action="append", choices=WHAT, default=[], help="measure this, and others named so")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    wanted = arguments.only or WHAT
    if "kill" in wanted:
        report("kill -9 of the master", MODES, arguments.rounds, killed)
    if "partition" in wanted:
        report(f"The master parted for {PARTED_S:g} s", PARTED, arguments.rounds, partitioned)
    if "latency" in wanted:
        for clients in (1, 8):
            report(f"Latency, {clients} clients", MODES, 1, lambda mode, clients=clients: latency(mode, clients))


if __name__ == "__main__":
    main()
