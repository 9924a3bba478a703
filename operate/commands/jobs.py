"""``mien jobs show``: what became of a job, without what was seen in its images."""

import argparse
from datetime import UTC, datetime
from typing import Any

from contracts.jobs import Job
from contracts.settings import Settings
from contracts.storage.jobs import JobStore
from operate.connecting import broker
from operate.printing import as_json


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command line."""
    parser = subparsers.add_parser("jobs", help="what became of a job")
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    show = actions.add_parser("show", help="its state, times, attempts and errors; nothing of what was seen")
    show.add_argument("id")
    show.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print how the job is. Returns the exit status."""
    with broker(settings) as redis:
        job = JobStore(redis, settings).get(arguments.id)
    told = _told(job)
    if arguments.json:
        print(as_json(told))
    else:
        width = max(map(len, told))
        print("\n".join(f"{name.ljust(width)}  {_text(name, value)}" for name, value in told.items()))
    return 0


def _told(job: Job) -> dict[str, Any]:
    shown = ("id", "state", "queue", "client", "image_count", "attempts", "version")
    times = ("created_at", "deadline_at", "started_at", "finished_at")
    stored = job.model_dump(mode="json", include={*shown, *times})
    told: dict[str, Any] = {name: stored[name] for name in (*shown, *times)}
    told["failed_images"] = sum(item.error is not None for item in job.items)
    told["error"] = job.error.model_dump(mode="json") if job.error else None
    told["webhook"] = job.options.webhook or None
    return told


def _text(name: str, value: Any) -> str:
    if value is None or value == "":
        return "-"
    if name.endswith("_at"):
        return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M:%S} UTC"
    return f"{value['code']}: {value['detail']}" if name == "error" else str(value)
