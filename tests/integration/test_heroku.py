"""docs/heroku.md, as far as it goes without Heroku: the Procfile in a fresh folder, run by a process manager."""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from deploy.ports import free_port
from support.clocks import wait_for
from support.pictures import portrait_jpeg
from support.slug import copy_slug, python_without_mien
from support.tls_proxy import tls_proxy

PAGE = (Path(__file__).parents[2] / "docs/heroku.md").read_text()


def commands(containing: str) -> list[list[str]]:
    """The lines of the page's code blocks that have a text in them, as words."""
    lines = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
    return [shlex.split(line) for line in lines if containing in line]


@pytest.fixture
def slug(tmp_path: Path) -> Path:
    return copy_slug(tmp_path / "app")


@pytest.fixture
def environment(redis_url: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """What Heroku and the page's `config:set` put into a dyno's environment; Redis' certificate is signed by itself."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("MIEN_", "PYTHON"))}
    (configured,) = commands("heroku config:set MIEN_REQUIRE_KEYS")
    server = urlsplit(redis_url)
    programs = python_without_mien(tmp_path / "python")
    asked = [programs / "python", "-c", "from importlib.metadata import version; version('mien')"]
    told = subprocess.run(asked, check=False, capture_output=True, text=True, cwd=tmp_path)
    assert "PackageNotFoundError" in told.stderr, "as on Heroku, which installs the libraries alone"
    with tls_proxy(str(server.hostname), int(server.port or 0)) as port:
        yield {
            **ours,
            **dict(word.split("=", 1) for word in configured[2:]),
            "PATH": f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONUNBUFFERED": "1",
            "PORT": str(free_port()),
            "REDIS_URL": f"rediss://localhost:{port}/0",
        }


@pytest.fixture
def dynos(slug: Path, environment: dict[str, str], tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """The Procfile, run by the command of the page."""
    (start,) = commands("honcho start")
    log = tmp_path / "dynos.log"
    with log.open("wb") as output:
        process = subprocess.Popen(start, cwd=slug, env=environment, stdout=output, stderr=subprocess.STDOUT)
    yield process
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=40)
    finally:
        print(log.read_text(errors="replace")[-6000:])


def test_a_photo_is_answered_by_what_the_procfile_starts(
    dynos: "subprocess.Popen[bytes]", slug: Path, environment: dict[str, str]
) -> None:
    address = f"http://127.0.0.1:{environment['PORT']}"

    def whole() -> bool:
        assert dynos.poll() is None, "a dyno ended"
        try:
            return requests.get(f"{address}/healthz", timeout=10).ok
        except requests.RequestException:
            return False

    wait_for(whole, "the gateway and a worker", 120)
    (create,) = commands("keys create")
    assert create[:2] == ["heroku", "run"]
    made = subprocess.run(create[2:], cwd=slug, env=environment, capture_output=True, text=True, check=True)
    key = re.findall(r"mien_\S+", made.stdout)[0]
    told = subprocess.check_output([*create[2:5], "mien", "queues"], cwd=slug, env=environment, text=True)
    assert "interactive" in told
    # As the router passes it on: the application's name, and the client's address.
    headers = {"Host": "my-mien-0123456789ab.herokuapp.com", "X-Forwarded-For": "203.0.113.7"}
    image = {"image": ("photo.jpg", portrait_jpeg(), "image/jpeg")}
    refused = requests.post(f"{address}/detect_emotion", files=image, headers=headers, timeout=30)
    assert refused.status_code == 401
    headers["Authorization"] = f"Bearer {key}"
    answer = requests.post(f"{address}/detect_emotion", files=image, headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    assert answer.json()["faces"], "the astronaut's face"
