"""``mien queues``: what waits, since when."""

import argparse
from typing import Any

from contracts.queues import QUEUES
from contracts.settings import Settings
from contracts.storage.connections import connect
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.jobs import JobStore
from operate.printing import as_json, seconds, table


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command line."""
    parser = subparsers.add_parser("queues", help="what waits in each queue, and for how long")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print how the queues are. Returns the exit status."""
    redis = connect(settings.redis_url, name="mien-commands")
    try:
        jobs, oldest = JobStore(redis, settings), HeartbeatStore(redis).oldest_s()
        found: list[dict[str, Any]] = [
            {"queue": queue, "waiting": jobs.queue_depth(queue), "oldest_s": oldest.get(queue)} for queue in QUEUES
        ]
    finally:
        redis.close()
    if arguments.json:
        print(as_json(found))
    else:
        rows = [[one["queue"], str(one["waiting"]), seconds(one["oldest_s"])] for one in found]
        print(table(["queue", "waiting", "oldest"], rows))
    return 0
