"""Flower beside real workers: photos are found among frames, and a restart of Redis ends nothing that it shows."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from deploy.ports import free_port
from support.broker import Broker
from support.clocks import WaitFor
from support.pictures import astronaut_jpeg
from support.processes import Process, StartGateway, StartProcess, StartWorkers

PASSWORD = "secret"
FRAMES = 20


class Flower:
    """Flower's answers."""

    def __init__(self, start_process: StartProcess, **settings: object) -> None:
        """Start it."""
        self._url = f"http://127.0.0.1:{(port := free_port())}"
        self.process = start_process("deploy.flower", flower_port=port, flower_password=PASSWORD, **settings)

    def get(self, path: str) -> Any:
        """What it answers; nothing while it does not."""
        try:
            answer = requests.get(self._url + path, auth=("mien", PASSWORD), timeout=30)
        except requests.ConnectionError:
            return {}
        return answer.json() if answer.ok else {}

    def inspected(self) -> dict[str, float]:
        """Worker → when it last answered Flower's questions, which are asked again."""
        workers: dict[str, Any] = self.get("/api/workers?refresh=1")
        return {name: info["timestamp"] for name, info in workers.items()}

    def listed(self) -> dict[str, bool]:
        """Worker → whether the page of workers says that it is online."""
        return {worker["hostname"]: worker["status"] for worker in self.get("/workers?json=1").get("data", [])}


def name_of(worker: Process, listed: dict[str, bool]) -> str:
    """The name of a worker, which has the number of its process in it; empty before it is listed."""
    return next((name for name in listed if f"-{worker.pid}-" in name), "")


def test_a_photo_is_found_and_frames_are_not_among_the_tasks(
    start_process: StartProcess, start_gateway: StartGateway, start_workers: StartWorkers, wait_for: WaitFor
) -> None:
    flower = Flower(start_process)
    _, port = start_gateway()
    (worker,) = start_workers()
    start_process("capture", camera="hall", camera_source="demo", camera_fps=10)
    gateway = f"http://127.0.0.1:{port}"

    def analysed() -> int:
        cameras = requests.get(f"{gateway}/v1/status", timeout=30).json()["cameras"]
        requests.get(f"{gateway}/emotion_data?camera=hall", timeout=30)  # or the demo would rest
        return sum(camera["analyzed"] for camera in cameras)

    wait_for(lambda: name_of(worker, flower.listed()), "Flower to hear of the worker")
    wait_for(lambda: analysed() >= FRAMES, "frames to be analysed")
    photo = requests.post(f"{gateway}/v1/jobs?priority=interactive", files={"image": astronaut_jpeg()}, timeout=30)
    assert photo.status_code == 202

    def done() -> list[Any]:
        tasks = flower.get("/api/tasks?limit=100").values()
        return [task for task in tasks if "interactive" in task["args"] and task["state"] == "SUCCESS"]

    (batch,) = wait_for(done, "the photo's batch in Flower")
    assert "1 job, 1 image" in batch["result"]
    assert {task["name"] for task in flower.get("/api/tasks").values()} == {"analyze_jobs"}
    assert flower.listed()[name_of(worker, flower.listed())]


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_inspection_works_on_after_a_restart_of_redis(
    tmp_path: Path,
    start_process: StartProcess,
    wait_for: WaitFor,
    end: signal.Signals,
) -> None:
    broker = Broker(tmp_path / "broker")
    try:
        flower = Flower(start_process, redis_url=broker.url)
        stays, dies = (start_process("workers", redis_url=broker.url) for _ in range(2))
        wait_for(lambda: len(flower.inspected()) == 2, "the workers to answer Flower")
        wait_for(lambda: sum(flower.listed().values()) == 2, "the workers to be online")
        dies.kill()
        broker.end(end)
        before = flower.inspected()
        broker.start()
        comes = start_process("workers", redis_url=broker.url)

        def told(worker: Process, online: bool) -> Callable[[], bool]:
            return lambda: (listed := flower.listed()).get(name_of(worker, listed)) is online

        wait_for(told(stays, True), "the worker that stayed to be online", 120)
        wait_for(told(comes, True), "the new worker to be online", 120)
        wait_for(told(dies, False), "the dead worker to be offline", 120)
        name = name_of(stays, flower.listed())
        wait_for(lambda: flower.inspected()[name] > before[name], "the worker to answer Flower after the restart", 120)
        wait_for(lambda: name_of(comes, flower.inspected()), "the new worker to answer Flower", 120)
        assert [stays.poll(), flower.process.poll()] == [None, None]
    finally:
        broker.close()
