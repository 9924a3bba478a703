"""``mien queues``: what waits and runs, and what is to be held back."""

import argparse
import time
from collections.abc import Callable
from typing import Any, Final

from redis import Redis

from contracts.queues import QUEUES
from contracts.settings import Settings
from contracts.storage.audit import AuditLog
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.jobs import JobStore
from contracts.storage.lanes import LaneStore
from contracts.storage.queue_states import QueueStates, read_queues
from operate.connecting import broker
from operate.printing import as_json, seconds, table
from operate.times import duration

_LOOK_EVERY_S: Final = 1.0


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command line."""
    parser = subparsers.add_parser("queues", help="what waits and runs in each queue; pause, resume, drain")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run, action="show")
    actions = parser.add_subparsers(dest="action", metavar="action")
    for name, text in (("pause", "give workers nothing of a queue"), ("resume", "give out again what waits")):
        actions.add_parser(name, help=text).add_argument("queue", choices=QUEUES)
    drain = actions.add_parser("drain", help="accept no more jobs, and wait until those that are there have ended")
    drain.add_argument("--timeout", type=duration, metavar="TIME", help="give up waiting, as after 10m")
    actions.add_parser("accept", help="accept jobs again")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do what is asked. Returns the exit status."""
    with broker(settings) as redis:
        lanes, audit = LaneStore(redis), AuditLog(redis)
        match arguments.action:
            case "pause":
                changed = lanes.pause(arguments.queue)
                audit.operated("paused", arguments.queue)
                print(f"{arguments.queue} is paused{'' if changed else ' already'}: jobs are accepted, and wait.")
                _warn_of_takers(redis, arguments.queue)
            case "resume":
                changed = lanes.resume(arguments.queue)
                audit.operated("resumed", arguments.queue)
                JobStore(redis, settings).overdue(0)  # so that a message says at once that there is work
                print(f"{arguments.queue} {'is resumed' if changed else 'was not paused'}.")
            case "drain":
                return _drain(redis, settings, arguments.timeout)
            case "accept":
                changed = lanes.accept()
                audit.operated("accepted", "new jobs")
                print("Jobs are accepted again." if changed else "Jobs were accepted already.")
            case _:
                states = read_queues(redis, settings)
                print(as_json(_as_values(states)) if arguments.json else _as_text(states))
    return 0


def _workers_of_before(redis: Redis, queue: str = "") -> list[str]:
    """Those that know nothing of what is held back; all of them, or those that take from this queue."""
    live = HeartbeatStore(redis).live_workers()
    return [one.name for one in live if one.before_versions and (not queue or queue in one.queues.split(","))]


def _warn_of_takers(redis: Redis, queue: str) -> None:
    if old := _workers_of_before(redis, queue):
        says = f"But {len(old)} workers of release 0.3 or before know nothing of pauses, and take from it all the same"
        print(f"{says}: {', '.join(old)}. End them.")


def _drain(
    redis: Redis, settings: Settings, timeout_s: float | None, sleep: Callable[[float], None] = time.sleep
) -> int:
    LaneStore(redis).drain()
    AuditLog(redis).operated("drained", "all queues")
    print("No more jobs are accepted, until you say `mien queues accept`.", flush=True)
    if old := _workers_of_before(redis):
        says = f"But gateways of release 0.3 or before accept all the same, and {len(old)} workers of it are running"
        print(f"{says}: end such gateways, if there are any. They do not say that they are there.", flush=True)
    ends_at = float("inf") if timeout_s is None else time.monotonic() + timeout_s
    told = -1
    while (states := read_queues(redis, settings)).left:
        if states.left != told:
            told = states.left
            print(f"{told:,} jobs are left.", flush=True)
        if time.monotonic() >= ends_at:
            print("They have not ended in time; what is left goes on.", flush=True)
            return 1
        sleep(_LOOK_EVERY_S)
    paused = ", ".join(state.queue for state in states.queues if state.paused_s is not None and state.waiting)
    print(f"All jobs have ended, but for those that wait in {paused}." if paused else "All jobs have ended.")
    return 0


def _as_values(states: QueueStates) -> dict[str, Any]:
    return {"queues": [state._asdict() for state in states.queues], "drained_s": states.drained_s, "left": states.left}


def _as_text(states: QueueStates) -> str:
    rows = [
        [
            state.queue,
            f"{state.waiting:,}",
            f"{state.running:,}",
            seconds(state.oldest_s),
            seconds(state.wait_s),
            "" if state.paused_s is None else f"paused for {seconds(state.paused_s)}",
        ]
        for state in states.queues
    ]
    lines = [table(["queue", "waiting", "running", "oldest", "next waits", ""], rows)]
    if states.drained_s is not None:
        lines.append(f"No jobs are accepted, for {seconds(states.drained_s)}: mien queues accept ends that.")
    return "\n".join(lines)
