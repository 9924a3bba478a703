"""Processes of a gateway that are replaced: nothing that they had counted is lost, and nothing grows."""

import itertools
import signal
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import requests

from deploy.ports import free_port
from support.clocks import WaitFor


def test_of_processes_that_are_killed_one_after_the_other_sums_never_fall_and_few_files_are_left(
    start_gateway: Callable[..., Any], tmp_path: Path, wait_for: WaitFor
) -> None:
    port = free_port()
    process, serving = start_gateway(gateway_processes=2, metrics_port=port)
    url = f"http://127.0.0.1:{serving}"
    arbiter, pages, ended = psutil.Process(process.pid), list[dict[str, float]](), threading.Event()

    def told() -> dict[str, float]:
        lines = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text.splitlines()
        values = (line.rsplit(" ", 1) for line in lines if line[0] != "#")
        return {name: float(value) for name, value in values if name.startswith(("mien_http", "mien_jobs_accepted"))}

    def scrape() -> None:
        while not ended.wait(0.01):
            with suppress(
                requests.RequestException
            ):  # the process that was asked has been killed, maybe within its answer
                pages.append(told())

    def pids() -> set[int]:
        return {child.pid for child in arbiter.children()}

    def counting(folder: Path) -> set[str]:
        return {file.name for file in folder.glob("*.db")}

    def of_the_living_and_all_ended() -> set[str]:
        kinds = ("counter", "histogram", "gauge_livesum")
        return {f"{kind}_{who}.db" for kind in kinds for who in [*pids(), "ended"]}

    wait_for(lambda: len(pids()) == 2, "both processes")
    (folder,) = {
        file.parent for pid in pids() for file in Path(tempfile.gettempdir()).glob(f"mien-metrics-*/counter_{pid}.db")
    }
    scraping = threading.Thread(target=scrape)
    scraping.start()
    try:
        for _ in range(6):
            for _ in range(10):
                requests.get(f"{url}/ping", timeout=30)
            victim = arbiter.children()[0]
            victim.kill()
            wait_for(lambda gone=victim.pid: gone not in pids() and len(pids()) == 2, "another process")
            wait_for(lambda: counting(folder) <= of_the_living_and_all_ended(), "the files of ended ones to go")
    finally:
        ended.set()
        scraping.join()
    assert told()['mien_http_requests_total{method="GET",route="/ping",status="200"}'] == 60
    assert len(pages) > 6
    for before, after in itertools.pairwise(pages):
        assert not {name: (value, after.get(name)) for name, value in before.items() if after.get(name, -1) < value}
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=30)
    assert not folder.exists()
    assert "stays in files" not in (tmp_path / "api-0.log").read_text()
