"""No line of a log holds a picture, a result, metadata or a name of a file, however much is logged."""

import base64
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from redis import Redis

from contracts.jobs import Job
from contracts.queues import INTERACTIVE
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.jobs import JobStore
from deploy.ports import free_port
from support.processes import StartGateway, StartWorkers

ASTRONAUT = (Path(__file__).parents[2] / "capture/sources/astronaut.jpg").read_bytes()
MARK = "sphinx-of-black-quartz"
"""Stands wherever a client may write something of its own."""


def damaged(redis: Redis, jobs: JobStore, worker: Any, field: str, text: str) -> Job:
    """A job whose record holds what no version of the program has written; the worker stands still meanwhile."""
    worker.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, worker.pid, os.WSTOPPED)
    job = jobs.create([ASTRONAUT], INTERACTIVE)
    redis.hset(keys.job(job.id), field, text)
    worker.send_signal(signal.SIGCONT)
    return job


def test_logs_say_what_happened_and_nothing_of_what_it_happened_to(
    start_gateway: StartGateway,
    start_workers: StartWorkers,
    redis: Redis,
    settings: Settings,
    tmp_path: Path,
    wait_for: Callable[..., Any],
) -> None:
    _, port = start_gateway(log_level="debug", webhook_networks="127.0.0.0/8")
    (worker,) = start_workers(log_level="debug", webhook_networks="127.0.0.0/8")
    jobs, address = JobStore(redis, settings), f"http://127.0.0.1:{port}"

    def post(path: str = "/v1/jobs", **body: Any) -> Any:
        return requests.post(f"{address}{path}", headers={"Prefer": "wait=30"}, timeout=40, **body)

    # No server listens there: a gateway would log the path, which it was asked for.
    form = {
        "metadata": json.dumps({"patient": MARK}),
        "webhook": f"http://127.0.0.1:{free_port()}/{MARK}",
        "annotate": "true",
    }
    done = post(files={"images": (f"{MARK}.jpg", ASTRONAUT)}, data=form)
    assert done.json()["metadata"] == {"patient": MARK}
    assert done.json()["items"][0]["result"]["emotion"] == "Happy"
    assert post(files={"images": (f"{MARK}.jpg", MARK.encode())}, data=form).status_code >= 400
    assert post(files={"images": (f"{MARK}.jpg", ASTRONAUT[:-2000] + MARK.encode())}, data=form).status_code == 200
    assert post(files={"images": ("a", ASTRONAUT)}, data={"metadata": f"{{{MARK}"}).status_code in {400, 422}
    assert post(json={"images": [base64.b64encode(ASTRONAUT).decode()], MARK: MARK}).status_code in {400, 422}
    assert post("/detect_emotion", data=ASTRONAUT + MARK.encode()).status_code in {200, 415}

    wrong = '[{"index": "' + MARK + '"}]'
    unreadable = []
    for field, text in (("items", wrong), ("options", f'{{"metadata": "{MARK}"}}'), ("image_count", MARK)):
        job = damaged(redis, jobs, worker, field, text)
        unreadable.append(f"the record of job {job.id} cannot be read")
        assert requests.get(f"{address}/v1/jobs/{job.id}", timeout=20).status_code == 503
    wait_for(lambda: all(each in logs(tmp_path) for each in unreadable), "the worker to name the damaged records")

    said = logs(tmp_path)
    assert done.json()["id"] in said, "a job is named"
    picture = base64.b64encode(ASTRONAUT[300:360]).decode()[4:40]
    for content in (MARK, repr(ASTRONAUT[300:320])[2:-1], picture, '"scores"', "'scores'", "Happy", "Surprise"):
        assert content not in said, content


def logs(folder: Path) -> str:
    return "".join(file.read_text(errors="backslashreplace") for file in folder.glob("*.log"))
