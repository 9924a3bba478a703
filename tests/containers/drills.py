"""What is done to the containers while clients go on: more workers, deaths, new versions. No accepted job is lost."""

import os
import re
import signal
import time
from collections.abc import Callable
from typing import Any

import requests

from containers.load import PHOTO, Load
from containers.stack import FLOWER, ROLES, Stack, run
from support.clocks import wait_for

_EVERYBODY = (*ROLES, "edge", "redis", "frames")
_CRASHED = ("gateway", "worker", "redis")


def start_up(stack: Stack) -> dict[str, Any]:
    """Seconds from the start of a role's container until it does its work."""
    return {role: round(_started_anew(stack, role), 1) for role in (*ROLES, "edge")}


def _started_anew(stack: Stack, role: str) -> float:
    stack.compose("stop", role)
    before = _names(stack)
    began = time.monotonic()
    stack.compose("start", role)
    wait_for(_working(stack, role, before), f"{role} to work", 120)
    took = time.monotonic() - began
    stack.up("--no-recreate")
    return took


def _working(stack: Stack, role: str, before: set[str]) -> Callable[[], object]:
    if role in ("worker", "webhooks"):
        return lambda: _names(stack) - before
    if role == "flower":
        return lambda: _answers(f"{FLOWER}/healthcheck")
    if role == "capture":
        check = ["exec", "-T", "redis", "true"]
        return lambda: stack.compose(*check) == "" and _shows(stack)
    return lambda: _asks(stack, "/livez")


def _names(stack: Stack) -> set[str]:
    try:
        return {worker["name"] for worker in stack.request("GET", "/v1/status", timeout=5).json()["workers"]}
    except (requests.RequestException, ValueError, KeyError):
        return set()


def _shows(stack: Stack) -> bool:
    answer = stack.request("GET", "/v1/cameras", timeout=5)
    return answer.ok and any(camera.get("state") == "live" for camera in answer.json()["cameras"])


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=3).ok
    except requests.RequestException:
        return False


def _asks(stack: Stack, path: str) -> bool:
    try:
        return stack.request("GET", path, timeout=3).ok
    except requests.RequestException:
        return False


def memory(stack: Stack) -> dict[str, Any]:
    """By role, in MB: at rest, and while photos and jobs come."""
    time.sleep(10)  # at rest is after the start, and after the step before
    found = {"at rest": _memory(stack)}
    with Load(stack) as load:
        time.sleep(20)  # for so long the load is to have come
        found["under load"] = _memory(stack)
    assert not load.lost()
    return found


def _memory(stack: Stack) -> dict[str, int]:
    taken: dict[str, int] = {}
    for said in stack.containers():
        service = said["Config"]["Labels"]["com.docker.compose.service"]
        used = run(["docker", "stats", "--no-stream", "--format", "{{.MemUsage}}", said["Id"]]).split("/")[0].strip()
        number, unit = re.fullmatch(r"([\d.]+)(\w+)", used).groups()
        taken[service] = round(float(number) * {"KiB": 1 / 1024, "MiB": 1, "GiB": 1024}.get(unit, 0))
    return taken


def four_workers(stack: Stack) -> dict[str, Any]:
    """`--scale worker=4` under load: each of them works."""
    with Load(stack, jobs_a_second=3) as load:
        stack.up("--no-recreate", "--scale", "worker=4")
        workers = stack.ids("worker")
        assert len(workers) == 4, workers
        before = {worker: _cpu_s(worker) for worker in workers}
        jobs = [stack.request("POST", "/v1/jobs", files=_many()).json()["id"] for _ in range(12)]
        load.accepted += jobs
        lost = load.lost()
        used = {worker[:12]: round(_cpu_s(worker) - before[worker], 2) for worker in workers}
    lost += load.lost()
    assert not lost, lost
    assert min(used.values()) > 0.1 * max(used.values()), used
    stack.up("--no-recreate", "--scale", "worker=1")
    return {"cpu_s by worker": used, **load.said}


def _many() -> list[tuple[str, bytes]]:
    return [("images", PHOTO.read_bytes())] * 20


def _cpu_s(container: str) -> float:
    said = run(["docker", "exec", container, "cat", "/sys/fs/cgroup/cpu.stat"], check=False)
    if found := re.search(r"usage_usec (\d+)", said):
        return int(found[1]) / 1e6
    return int(run(["docker", "exec", container, "cat", "/sys/fs/cgroup/cpuacct/cpuacct.usage"])) / 1e9


def killed(stack: Stack) -> dict[str, Any]:
    """`docker kill` of each service under load: one command brings it back, and no accepted job is lost."""
    return {service: _drill(stack, service, _kill) for service in _EVERYBODY}


def crashed(stack: Stack) -> dict[str, Any]:
    """A process that dies is started again by Docker, without any command. Needs root, to kill it from outside."""
    if os.geteuid() != 0:
        return {"left out": "needs root"}
    return {service: _drill(stack, service, _crash) for service in _CRASHED}


def _drill(stack: Stack, service: str, do: Callable[[Stack, str], None]) -> dict[str, Any]:
    with Load(stack) as load:
        time.sleep(3)  # jobs are on their way when it dies
        began = time.monotonic()
        do(stack, service)
        wait_for(lambda: stack.ids(service) and stack.whole(), f"all to be whole after {service} died", 180)
        took = time.monotonic() - began
        time.sleep(3)  # and others come after it
    lost = load.lost()
    assert not lost, f"{service}: {lost}"
    assert load.accepted
    return {"whole again after s": round(took, 1), "jobs": len(load.accepted), "lost": 0, "answers": dict(load.answers)}


def _kill(stack: Stack, service: str) -> None:
    run(["docker", "kill", *stack.ids(service)])
    time.sleep(2)  # the length of the fault: nobody is as quick as this with the command
    stack.up("--no-recreate")


def _crash(stack: Stack, service: str) -> None:
    (said,) = stack.containers(service)
    os.kill(said["State"]["Pid"], signal.SIGKILL)
    # Docker calls it running, and healthy, until it has noticed; so what is waited for is its next start.
    before = said["State"]["StartedAt"]
    wait_for(lambda: stack.inspect(said["Id"])[0]["State"]["StartedAt"] != before, f"Docker to start {service} anew")


def new_workers(stack: Stack) -> dict[str, Any]:
    """The documented way to another version of the workers: no request fails."""
    return _rolling(stack, "worker")


def new_gateways(stack: Stack) -> dict[str, Any]:
    """The documented way to another version of the gateways: no request fails."""
    return _rolling(stack, "gateway")


def _rolling(stack: Stack, service: str) -> dict[str, Any]:
    with Load(stack, photos_a_second=6) as load:
        time.sleep(3)  # requests are on their way when the update begins
        old = stack.ids(service)
        stack.up("--no-deps", "--no-recreate", "--scale", f"{service}={2 * len(old)}", service)
        for container in old:
            run(["docker", "stop", container])
            run(["docker", "rm", container])
        time.sleep(5)  # and others come when the old ones are gone
        new = stack.ids(service)
    lost = load.lost()
    assert not set(new) & set(old)
    assert not lost, lost
    assert not load.failures, load.said
    return {"replaced": len(old), **load.said}
