"""``mien workers``: who is alive, and does what."""

import argparse
from typing import Any

from contracts.queues import QUEUES
from contracts.settings import Settings
from contracts.storage.heartbeat import HeartbeatStore
from operate.connecting import broker
from operate.printing import as_json, seconds, table


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command line."""
    parser = subparsers.add_parser("workers", help="workers that are alive: threads, queues, networks, idle or deaf")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print who is alive. Returns the exit status."""
    with broker(settings) as redis:
        heartbeats = HeartbeatStore(redis)
        live = heartbeats.live_workers()
        deaf = {one.worker: one.queue for one in heartbeats.untaken(live)}
        now = heartbeats.now()
    found: list[dict[str, Any]] = [
        worker.model_dump()
        | {"age_s": max(0.0, now - worker.started_at), "reported_s": max(0.0, now - worker.reported_at)}
        | {"takes_nothing_from": deaf.get(worker.name)}
        for worker in live
    ]
    print(as_json(found) if arguments.json else _as_text(found))
    return 0


def _as_text(found: list[dict[str, Any]]) -> str:
    rows = [
        [
            one["name"],
            str(one["threads"]),
            one["queues"],
            f"{one['model'] or '-'}, {one['detector']}, {one['backend'] or one['runtime']}",
            one["device"] or "CPU",
            seconds(one["age_s"]),
            _state(one),
        ]
        for one in found
    ]
    lines = [table(["worker", "threads", "queues", "networks", "device", "up", "state"], rows)]
    taken = {queue for one in found for queue in one["queues"].split(",")}
    if untaken := [queue for queue in QUEUES if queue not in taken]:
        lines.append(f"Nobody takes from {', '.join(untaken)}; mien doctor says whether that is a problem.")
    return "\n".join(lines)


def _state(one: dict[str, Any]) -> str:
    if one["takes_nothing_from"]:
        return f"takes nothing from {one['takes_nothing_from']}"
    return "working" if one["idle_s"] < 1 else f"idle for {seconds(one['idle_s'])}"
