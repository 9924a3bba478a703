"""A rehearsal: Redis loses everything under a running system, and a backup brings it back.

Real processes, the installed command, and jobs in every state: finished, waiting, running, with webhooks that are
delivered, due and given up.
"""

import io
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from PIL import Image
from redis import Redis
from standardwebhooks import Webhook

from contracts.queues import BULK
from contracts.storage import keys
from support.clocks import WaitFor
from support.pictures import astronaut
from support.processes import StartGateway, StartWorkers
from support.receiver import Receiver

MIEN = Path(sys.executable).parent / "mien"
Commanded = Callable[..., str]


def jpeg(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture
def mien(redis_url: str, tmp_path: Path) -> Commanded:
    """Run the installed command in a folder of its own; gives what it printed."""

    def run(*words: str, status: int = 0) -> str:
        environment = {"PATH": os.environ["PATH"], "MIEN_REDIS_URL": redis_url}
        done = subprocess.run(
            [MIEN, *words], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    return run


class Site:
    """What clients see of the system."""

    def __init__(self, port: int, key: str) -> None:
        self.url, self.headers = f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {key}"}

    def submit(self, images: list[bytes], **more: str) -> str:
        files = [("image", (f"{place}.jpg", image)) for place, image in enumerate(images)]
        headers = self.headers | ({"Idempotency-Key": more.pop("once")} if "once" in more else {})
        answer = requests.post(f"{self.url}/v1/jobs", files=files, params=more, headers=headers, timeout=30)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def job(self, job_id: str) -> dict[str, Any]:
        answer = requests.get(f"{self.url}/v1/jobs/{job_id}", headers=self.headers, timeout=30)
        return {"status": answer.status_code, **answer.json()}

    def states(self, ids: list[str]) -> Counter[str]:
        return Counter(str(self.job(job_id).get("state")) for job_id in ids)


def test_after_flushall_a_backup_brings_jobs_results_keys_and_webhooks_back(
    redis: Redis,
    mien: Commanded,
    start_workers: StartWorkers,
    start_gateway: StartGateway,
    receiver: Receiver,
    wait_for: WaitFor,
    tmp_path: Path,
) -> None:
    allowed = {"webhook_networks": "127.0.0.0/8", "lease_s": 3.0}
    (worker,) = start_workers(1, **allowed)
    _, port = start_gateway(require_keys="true", **allowed)
    site = Site(port, mien("keys", "create", "the app").strip())
    face, plain = jpeg(astronaut()), jpeg(np.full((120, 160, 3), 90, np.uint8))
    finished = [site.submit([face, plain], annotate="true"), *(site.submit([plain]) for _ in range(4))]
    told = site.submit([face], webhook=receiver.url)
    wait_for(lambda: len(receiver.received) == 1, "the webhook to be delivered")
    receiver.status = 410
    dead = site.submit([plain], webhook=receiver.url)
    wait_for(lambda: redis.hlen(keys.WEBHOOKS_DEAD) == 1, "the webhook to be given up")
    receiver.status = 500
    due = site.submit([plain], webhook=receiver.url)
    wait_for(lambda: len(receiver.received) == 3, "the webhook to be tried")
    finished += [told, dead, due]
    nothing_open = lambda: redis.zcard(keys.OPEN_JOBS) == 0  # noqa: E731
    wait_for(nothing_open, "all of these to be finished")
    running = site.submit([face] * 60)
    wait_for(lambda: site.job(running)["state"] == "running", "a long job to run")
    worker.send_signal(signal.SIGSTOP)
    waiting = [site.submit([plain], once=f"key {number}") for number in range(6)]
    open_jobs, results = [running, *waiting], [site.job(job_id) for job_id in finished]
    everything = [*finished, *open_jobs]
    states = site.states(everything)
    assert states == {"succeeded": 8, "running": 1, "queued": 6}

    counted = json.loads(mien("backup", "night.backup", "--json"))
    assert (counted["jobs"], counted["open_jobs"]) == (15, 7)
    redis.flushall()
    assert site.job(finished[0])["status"] == 401, "the key is gone as well"
    receiver.status = 200
    assert mien("restore", "night.backup") == "Of 15 jobs: 15 restored.\n"

    assert [site.job(job_id) for job_id in finished] == results
    restored = site.states(everything)
    assert restored == {"succeeded": 8, "queued": 7}, "what ran waits again; no other state has changed"
    assert restored.total() == states.total()
    answer = requests.get(f"{site.url}{results[0]['items'][0]['annotated']}", headers=site.headers, timeout=30)
    assert answer.content.startswith(b"\xff\xd8")
    again = site.submit([plain], once="key 0")
    assert again == waiting[0], "the idempotency key stands for the same job"

    worker.send_signal(signal.SIGCONT)
    wait_for(nothing_open, "what waited and ran to be finished", 120)
    assert site.states(everything) == {"succeeded": 15}
    assert len(site.job(running)["items"]) == 60
    mien("webhooks", "replay", "--all")
    wait_for(lambda: len(receiver.received) == 5, "the webhooks that were due and given up to be delivered", 60)
    secret = Webhook(mien("webhooks", "secret", "--key", mien("keys", "list").splitlines()[1].split()[0]).strip())
    delivered = [json.loads(secret.verify(body, headers) and body)["data"]["id"] for headers, body in receiver.received]
    assert delivered[0] == told
    assert sorted(delivered[3:]) == sorted([dead, due]), "and the one that was delivered before is not sent again"
    assert json.loads(mien("webhooks", "dead", "--json")) == []

    mien("queues", "pause", "bulk")
    held = site.submit([plain])
    wait_for(lambda: redis.llen(BULK) == 0, "the worker to hear of it")
    assert "All jobs have ended, but for those that wait in bulk." in mien("queues", "drain")
    refused = requests.post(f"{site.url}/v1/jobs", files={"image": plain}, headers=site.headers, timeout=30)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
    assert requests.get(f"{site.url}/healthz", timeout=30).status_code == 200, "that is no fault"
    assert site.job(held)["state"] == "queued"
    mien("queues", "accept")
    mien("queues", "resume", "bulk")
    later = site.submit([plain])
    wait_for(nothing_open, "work to go on")
    assert site.states([held, later]) == {"succeeded": 2}
