"""What an upgrade begins with: this version backs up a system of the last release, which has no such command."""

import json
import os
import subprocess
import sys
from pathlib import Path

import requests
from redis import Redis

from support.clocks import WaitFor
from support.last_release import unpack_last_release
from support.pictures import astronaut_jpeg
from support.processes import StartGateway, StartWorkers

MIEN = Path(sys.executable).parent / "mien"


def test_a_system_of_the_last_release_is_backed_up_and_looked_at_by_this_version(
    redis: Redis,
    redis_url: str,
    start_gateway: StartGateway,
    start_workers: StartWorkers,
    tmp_path: Path,
    wait_for: WaitFor,
) -> None:
    def mien(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "MIEN_REDIS_URL": redis_url}
        command = [MIEN, *words]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    code = unpack_last_release(tmp_path)
    start_workers(1, code=code)
    _, port = start_gateway(code=code)
    jobs = f"http://127.0.0.1:{port}/v1/jobs"
    accepted = requests.post(jobs, files={"image": astronaut_jpeg()}, timeout=30).json()

    def read() -> dict[str, object]:
        return dict(requests.get(f"{jobs}/{accepted['id']}", timeout=30).json())

    wait_for(lambda: read().get("state") == "succeeded", "the job to be done")
    found = read()
    done = mien("backup", "before.backup", "--json")
    assert json.loads(done.stdout)["jobs"] == 1, done.stderr
    looked_at = {finding["check"] for finding in json.loads(mien("doctor", "--json").stdout)}
    assert {"redis", "workers"} <= looked_at
    redis.flushall()
    assert mien("restore", "before.backup").stdout == "Of 1 jobs: 1 restored.\n"
    assert read() == found
