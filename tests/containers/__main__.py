"""``make docker-check``: bring everything up with Docker, and show that it keeps what docs/deployment.md promises.

Takes half an hour on two cores, a third of it for building images. Uses ports from 13000 to 19090 of this machine.
"""

import argparse
import json
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from containers import checks, drills, gpu_worker
from containers.stack import Stack, clean_clone

STEPS: dict[str, Callable[[Stack], dict[str, Any]]] = {
    "images": checks.images,
    "rights": checks.rights,
    "networks": checks.networks,
    "photo and live through TLS": checks.photo_and_live,
    "Flower": checks.flower_cannot_control,
    "Prometheus": checks.prometheus_sees_all,
    "Grafana's panels": checks.panels_have_data,
    "GPU worker's image on the CPU": gpu_worker.on_the_cpu,
    "start-up seconds": drills.start_up,
    "memory in MB": drills.memory,
    "four workers": drills.four_workers,
    "rolling update of workers": drills.new_workers,
    "rolling update of gateways": drills.new_gateways,
    "docker kill": drills.killed,
    "crashes": drills.crashed,
}


def main() -> int:
    """Run all steps. Returns the exit status: 1 if one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m containers", description="The compose file on a real engine.")
    parser.add_argument("--without-grafana", action="store_true", help="where its image cannot be had")
    parser.add_argument("--only", action="append", choices=STEPS, help="this step, and others that are named so")
    parser.add_argument("--report", type=Path, default=Path("/tmp/mien-docker.json"), help="where to write the report")
    arguments = parser.parse_args()
    report: dict[str, Any] = {"without": ["grafana"] if arguments.without_grafana else []}
    with clean_clone() as folder:
        stack = Stack(folder, without_grafana=arguments.without_grafana)
        try:
            began = time.monotonic()
            stack.up("--build")
            report["built and healthy after s"] = round(time.monotonic() - began)
            stack.trust()
            for name in arguments.only or STEPS:
                report[name] = _outcome(name, STEPS[name], stack)
        finally:
            stack.compose("down", "--volumes", "--timeout", "10", check=False)
            arguments.report.write_text(json.dumps(report, indent=2) + "\n")
    failed = [name for name, found in report.items() if isinstance(found, dict) and "failed because" in found]
    print(f"{arguments.report}: {'failed: ' + ', '.join(failed) if failed else 'all of it holds'}")
    return 1 if failed else 0


def _outcome(name: str, step: Callable[[Stack], dict[str, Any]], stack: Stack) -> dict[str, Any]:
    began = time.monotonic()
    try:
        found = step(stack)
    except Exception as error:  # the next steps tell something, too
        traceback.print_exc()
        found = {"failed because": str(error)[:2000] or type(error).__name__}
    print(f"{name} ({time.monotonic() - began:.0f} s): {json.dumps(found)}", flush=True)
    return found


if __name__ == "__main__":
    sys.exit(main())
