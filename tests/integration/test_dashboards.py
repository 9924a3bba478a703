"""Every expression of every dashboard, asked of a real Prometheus that scrapes a real system with our rules."""

import io
import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
import requests
from PIL import Image

from deploy.dashboards import FOLDER, text_of
from deploy.panels import DASHBOARDS, EMPTY_WHEN_WELL
from deploy.ports import free_port
from support.pictures import astronaut
from support.processes import StartGateway, StartProcess, StartWorkers
from support.prometheus import Server, server

EXPRESSIONS = sorted({expression for one in DASHBOARDS for panel in one.panels for expression, _ in panel.lines})


@pytest.fixture
def photo() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(astronaut()).save(buffer, "JPEG")
    return buffer.getvalue()


def look(stream: requests.Response) -> None:
    """Take what comes, until it ends: who reads nothing is no viewer for long."""
    with suppress(requests.RequestException, AttributeError):  # it is closed meanwhile
        for _ in stream.iter_content(100_000):
            pass


@pytest.fixture
def watched(
    start_process: StartProcess,
    start_workers: StartWorkers,
    start_gateway: StartGateway,
    photo: bytes,
    tmp_path: Path,
) -> Iterator[Server]:
    """A Prometheus beside a gateway, a worker, a live camera with a viewer, and clients that send photos."""
    metrics_port = free_port()
    start_workers()
    _, port = start_gateway(metrics_port=metrics_port, gateway_processes=2)
    start_process("capture", camera_source="demo", camera_fps=5)
    address, jpeg = f"http://127.0.0.1:{port}", {"Content-Type": "image/jpeg"}

    def send() -> None:
        for path in ("/detect_emotion", "/v1/jobs"):
            requests.post(address + path, photo, headers=jpeg, timeout=60).raise_for_status()

    with (
        server(tmp_path / "prometheus", [f"127.0.0.1:{metrics_port}"]) as prometheus,
        closing(requests.get(f"{address}/video_feed", stream=True, timeout=60)) as stream,
    ):
        threading.Thread(target=look, args=[stream], daemon=True).start()
        for _ in range(5):
            send()
            time.sleep(1)  # a rate is that between two scrapes
        yield prometheus


def test_every_panel_has_data(watched: Server) -> None:
    empty = set(EXPRESSIONS)
    ends_at = time.monotonic() + 60
    while empty - EMPTY_WHEN_WELL and time.monotonic() < ends_at:
        time.sleep(1)  # from one scrape to the next
        empty -= {expression for expression in empty if watched.query(expression)}
    assert empty <= EMPTY_WHEN_WELL
    assert set(watched.targets().values()) == {"up"}
    assert watched.value('sum(mien_http_requests_total{route="/detect_emotion",status="200"})') == 5
    assert watched.value('mien_job_duration_seconds_count{queue="interactive"}') == 5
    assert watched.value("mien_workers") == 1
    assert watched.value("sum(mien_viewers)") == 1


def test_expressions_that_may_be_empty_are_on_a_dashboard() -> None:
    assert set(EXPRESSIONS) >= EMPTY_WHEN_WELL


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.uid)
def test_the_files_are_what_the_code_says(dashboard: object) -> None:
    file = FOLDER / f"{dashboard.uid}.json"  # type: ignore[attr-defined]
    assert file.read_text(encoding="utf-8") == text_of(dashboard), "run python -m deploy.dashboards"  # type: ignore[arg-type]
    assert json.loads(file.read_text())["panels"]
