"""Prometheus and promtool, of Debian's package, and a private server of it for tests.

`make test` installs them (``python -m support.prometheus``).
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import requests
import yaml

from deploy.ports import free_port
from support.clocks import wait_for
from support.programs import fetch, unavailable

REMEDY: Final = "Install it: apt-get install --no-install-recommends prometheus"
RULES: Final = Path(__file__).parents[2] / "deploy/prometheus/rules"


def promtool(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run promtool; what it says is in the answer."""
    program = shutil.which("promtool")
    if program is None:
        unavailable("promtool", REMEDY)
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120)


class Server:
    """A Prometheus that is asked by its HTTP API."""

    def __init__(self, url: str) -> None:
        self.url = url

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series that an expression gives now.

        Raises:
            AssertionError: Prometheus does not take the expression.
        """
        answer = requests.get(f"{self.url}/api/v1/query", {"query": expression}, timeout=20).json()
        assert answer["status"] == "success", f"{expression}: {answer.get('error')}"
        result = answer["data"]["result"]
        return list(result) if answer["data"]["resultType"] == "vector" else [{"value": result}]

    def range(self, expression: str, begin: float, end: float, step_s: float = 1) -> list[dict[str, Any]]:
        """The series that an expression gives from one time to another, in seconds since 1970."""
        asked = {"query": expression, "start": begin, "end": end, "step": step_s}
        answer = requests.get(f"{self.url}/api/v1/query_range", asked, timeout=60).json()
        assert answer["status"] == "success", f"{expression}: {answer.get('error')}"
        return list(answer["data"]["result"])

    def value(self, expression: str) -> float | None:
        """The only value of an expression; None if it gives no series."""
        found = self.query(expression)
        return float(found[0]["value"][1]) if found else None

    def firing(self) -> set[str]:
        """The names of all alerts that fire."""
        alerts = requests.get(f"{self.url}/api/v1/alerts", timeout=20).json()["data"]["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}

    def targets(self) -> dict[str, str]:
        """Address → health of all targets."""
        active = requests.get(f"{self.url}/api/v1/targets", timeout=20).json()["data"]["activeTargets"]
        return {target["scrapeUrl"]: target["health"] for target in active}


@contextmanager
def server(folder: Path, gateways: list[str], *, rules: Path = RULES, every_s: int = 1) -> Iterator[Server]:
    """A Prometheus that scrapes these gateways as deploy/prometheus/prometheus.yml would, only more often.

    Args:
        folder: where it may write.
        gateways: host and metrics port of each; the first one tells of the system.
        rules: a folder of rule files.
        every_s: seconds from one scrape, and from one look at the rules, to the next.
    """
    program = shutil.which("prometheus")
    if program is None:
        unavailable("Prometheus", REMEDY)
    config = yaml.safe_load((RULES.parent / "prometheus.yml").read_text())
    every = f"{every_s}s"
    config["global"] = {"scrape_interval": every, "scrape_timeout": every, "evaluation_interval": every}
    config["rule_files"] = [str(rules / "*.yml")]
    of_each, of_system = config["scrape_configs"]
    of_each.pop("dns_sd_configs")
    of_each["static_configs"] = [{"targets": gateways}]
    of_system["static_configs"] = [{"targets": gateways[:1]}]
    folder.mkdir(exist_ok=True)
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    port, log = free_port(), folder / "prometheus.log"
    arguments = [
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with log.open("w") as output:
        process = subprocess.Popen([program, *arguments], stdout=output, stderr=output, cwd=folder)
    try:
        wait_for(lambda: _ready(process, port, log), "Prometheus to be ready", 60)
        yield Server(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(timeout=30)


def _ready(process: "subprocess.Popen[bytes]", port: int, log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    try:
        return requests.get(f"http://127.0.0.1:{port}/-/ready", timeout=5).ok
    except requests.ConnectionError:
        return False


def main() -> int:
    """Make sure that both are there, where there is a way. Returns the exit status."""
    fetch("promtool", "prometheus", "the tests of its rules", REMEDY)
    return 0  # on a build server the tests themselves fail


if __name__ == "__main__":
    sys.exit(main())
