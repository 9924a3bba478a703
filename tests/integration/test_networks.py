"""Networks side by side on a running system: shares, promotion, the way back, the shadow, and what is refused."""

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from redis import Redis

from contracts.networks import assign
from contracts.storage.heartbeat import HeartbeatStore
from models.weights import WEIGHTS
from support.clocks import WaitFor
from support.constant import constant_requests
from support.last_release import unpack_last_release
from support.pictures import astronaut_jpeg
from support.processes import StartGateway, StartWorkers

PATIENT = {"sync_timeout_s": 60}
ROOT = Path(__file__).parents[2]
MIEN = Path(sys.executable).parent / "mien"

Mien = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def mien(redis_url: str) -> Mien:
    """Run `mien networks WORDS…`, as an operator on this machine."""

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        environment = {"PATH": "/usr/bin:/bin", "MIEN_REDIS_URL": redis_url}
        command = [str(MIEN), "networks", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200, check=False)

    return run


def shown(mien: Mien) -> Any:
    """What `mien networks show --json` tells."""
    return json.loads(mien("show", "--json").stdout)


def own_network(folder: Path, name: str = "mine-1") -> Path:
    """A network of one's own in a folder. Returns its file."""
    folder.mkdir()
    card = json.loads((WEIGHTS / "classic-1.json").read_text())
    file = folder / f"{name}.tflite"
    shutil.copy(WEIGHTS / card["file"], file)
    (folder / f"{name}.json").write_text(json.dumps(card | {"name": name, "file": file.name, "variants": {}}))
    return file


def results(base: str, count: int = 12) -> list[dict[str, Any]]:
    """So many jobs with a photo each, when they are done."""
    photo = astronaut_jpeg()
    sent = [requests.post(f"{base}/v1/jobs", files=[("image", photo)], timeout=60).json()["id"] for _ in range(count)]
    jobs = [requests.get(f"{base}/v1/jobs/{job_id}?wait=60", timeout=90).json() for job_id in sent]
    assert {job["state"] for job in jobs} == {"succeeded"}
    return jobs


def models(jobs: list[dict[str, Any]]) -> set[str]:
    """The networks that made these results."""
    return {job["items"][0]["result"]["model"] for job in jobs}


def commands_of_the_page() -> list[list[str]]:
    """Every `mien networks …` in a block of docs/networks.md, in order."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs/networks.md").read_text(encoding="utf-8"), re.DOTALL)
    lines = [line.strip().split() for block in blocks for line in block.splitlines() if line.strip()]
    return [words[2:] for words in lines if words[:2] == ["mien", "networks"]]


def test_a_better_network_is_tried_promoted_and_taken_back_while_clients_go_on(
    start_gateway: StartGateway, start_workers: StartWorkers, mien: Mien, wait_for: WaitFor
) -> None:
    gateway, port = start_gateway(**PATIENT)
    workers = start_workers(2, model="mien-4", **PATIENT)
    base = f"http://127.0.0.1:{port}"

    refused = mien("set", "mien-4:90,mien-9:10")
    assert refused.returncode == 2
    assert "Nothing was changed: worker" in refused.stderr
    assert "cannot serve mien-9, only classic-1, mien-2, mien-2-narrow, mien-3, mien-4" in refused.stderr

    shares = {"mien-4": 90, "classic-1": 10}
    done = mien("set", "mien-4:90,classic-1:10", "--timeout", "120s")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (
        0,
        "All workers work by it (2): what is accepted from now on is read by it.",
    ), done
    for job in results(base, 40):
        assert models([job]) == {assign(shares, job["id"])}, "whichever worker it was"

    with constant_requests(base) as answers:

        def several_more(since: float) -> None:
            wait_for(lambda: sum(answer.began > since for answer in answers[:]) >= 20, "answers")

        several_more(0)
        begun = time.monotonic()
        assert mien("promote", "mien-3", "--timeout", "120s").returncode == 0
        promoted = time.monotonic()
        several_more(promoted)
        taken_back = time.monotonic()
        assert mien("rollback", "--timeout", "120s").returncode == 0
        back = time.monotonic()
        several_more(back)

    assert {(answer.status, answer.faces) for answer in answers} == {(200, 1)}, "no client has noticed"
    assert {answer.model for answer in answers if answer.ended < begun} <= set(shares)
    assert {answer.model for answer in answers if answer.began > promoted and answer.ended < taken_back} == {"mien-3"}
    assert {answer.model for answer in answers if answer.began > back} <= set(shares)
    assert gateway.poll() is None, "it has not been started again"
    assert [worker.poll() for worker in workers] == [None, None]

    page = commands_of_the_page()
    assert [words[0] for words in page] == ["show", "shadow", "set", "promote", "rollback"]
    for words in page:
        done = mien(*words, *([] if words == ["show"] else ["--timeout", "120s"]))
        assert done.returncode == 0, done
    plan = {"weights": {"mien-4": 90, "mien-3": 10}, "keys": {}, "shadow": {"network": "mien-3", "share": 0.1}}
    assert shown(mien)["plan"] == plan, "what the page says works in its order"

    assert mien("shadow", "mien-2", "--share", "1", "--timeout", "120s").returncode == 0
    (job,) = results(base, 1)

    def tried() -> Any:
        found = shown(mien)["counted"].get("mien-2")
        return found if found and found["shadow_faces"] else None

    assert wait_for(tried, "a face in the shadow")["images"] == 0, "it answers nothing"
    told = requests.get(f"{base}/v1/jobs/{job['id']}", timeout=30).text
    assert "mien-2" not in told
    metrics = requests.get(f"{base}/metrics/system", timeout=30).text
    assert 'mien_network_shadow_images_total{network="mien-2",outcome="read"}' in metrics
    assert 'mien_worker_networks{state="serving"} 2.0' in metrics
    assert mien("shadow", "off", "--timeout", "120s").returncode == 0
    status = requests.get(f"{base}/v1/status", timeout=30).json()["networks"]
    assert (status["source"], status["shadow"]) == ("set", None)
    assert sum(status["shares"].values()) == pytest.approx(1)


def test_a_worker_that_cannot_load_a_network_or_follows_no_plan_is_named_and_goes_on(
    start_gateway: StartGateway,
    start_workers: StartWorkers,
    mien: Mien,
    redis: Redis,
    wait_for: WaitFor,
    tmp_path: Path,
) -> None:
    _, port = start_gateway(**PATIENT)
    base = f"http://127.0.0.1:{port}"
    sound, damaged = own_network(tmp_path / "sound"), own_network(tmp_path / "damaged")
    damaged.write_bytes(damaged.read_bytes()[:-1])
    (well,) = start_workers(networks_folder=sound.parent, **PATIENT)
    (ill,) = start_workers(networks_folder=damaged.parent, **PATIENT)
    named = {worker.pid: worker.name for worker in HeartbeatStore(redis).live_workers()}

    done = mien("promote", "mine-1", "--timeout", "120s")
    assert done.returncode == 1
    assert f"Worker {named[ill.pid]} on " in done.stdout
    assert "cannot serve the plan and goes on with mien-4: The weight file" in done.stdout
    assert named[well.pid] not in done.stdout
    states = {worker["name"]: (worker["state"], worker["networks"]) for worker in shown(mien)["workers"]}
    assert states == {
        named[well.pid]: ("serving", {"mine-1": 1}),
        named[ill.pid]: ("failed", {"mien-4": 1}),
    }
    assert models(results(base)) <= {"mine-1", "mien-4"}
    shutil.copy(sound, damaged)
    wait_for(lambda: {one["state"] for one in shown(mien)["workers"]} == {"serving"}, "the cure", 60)

    old = unpack_last_release(tmp_path)
    start_workers(code=old, model="mien-2", **PATIENT)
    told = {worker["state"]: worker["networks"] for worker in shown(mien)["workers"]}
    assert told == {"serving": {"mine-1": 1}, "unaware": {"mien-2": 1}}
    assert "of a version that follows no plan" in mien("show").stdout
    done = mien("clear", "--timeout", "120s")
    assert done.returncode == 1
    assert "is of a version that follows no plan, and goes on with mien-2." in done.stdout
    assert "2 of 3 workers work by the plan." in done.stdout
    assert models(results(base)) <= {"mien-4", "mien-2"}
