"""``mien webhooks``: those that were given up, and another try for them."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from contracts.errors import ConfigurationError, WebhookNotFound
from contracts.process import PROJECT
from contracts.settings import Settings
from contracts.storage.audit import AuditLog
from contracts.storage.webhooks import WebhookStore
from operate.connecting import broker
from operate.printing import as_json, table


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command line."""
    parser = subparsers.add_parser("webhooks", help="webhooks that were given up; replay, secret, rotate")
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    dead = actions.add_parser("dead", help="those that were given up, newest first, and why")
    dead.add_argument("--json", action="store_true", help="print JSON")
    replay = actions.add_parser("replay", help="try them again, from the first attempt on")
    replay.add_argument("job", nargs="*", help="ids of their jobs")
    replay.add_argument("--all", action="store_true", help="all that were given up")
    # What the gateway's own command does (operate.__main__.OF_GATEWAY), for the list of words alone.
    actions.add_parser("secret", help="print the secret that signs webhooks")
    actions.add_parser("rotate", help="make a new secret and print it")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do what is asked. Returns the exit status."""
    with broker(settings) as redis:
        store = WebhookStore(redis, settings)
        if arguments.action == "dead":
            _show(store, as_values=arguments.json)
            return 0
        if arguments.all == bool(arguments.job):
            raise ConfigurationError("Name the jobs whose webhooks are to be tried again, or say --all.")
        jobs = [webhook.job for webhook in store.dead()] if arguments.all else arguments.job
        return _replay(store, AuditLog(redis), jobs)


def _show(store: WebhookStore, *, as_values: bool) -> None:
    dead = store.dead()
    if as_values:
        print(as_json([webhook.model_dump() for webhook in dead]))
        return
    rows = [
        [
            one.job,
            f"{datetime.fromtimestamp(one.given_up_at, UTC):%Y-%m-%d %H:%M}",
            str(one.attempts),
            one.reason,
            one.url,
        ]
        for one in dead
    ]
    print(table(["job", "given up (UTC)", "attempts", "why", "address"], rows))


def _replay(store: WebhookStore, audit: AuditLog, jobs: Sequence[str]) -> int:
    """Try each again. Returns 1 if one was not found: mistyped, or replayed or forgotten by others meanwhile."""
    replayed, missing = 0, list[str]()
    try:
        for job_id in dict.fromkeys(jobs):
            try:
                store.replay(job_id)
                replayed += 1
            except WebhookNotFound:
                missing.append(job_id)
    finally:  # should Redis go away, those before were replayed all the same
        audit.operated("replayed", f"{replayed} webhooks")
        print(f"{replayed:,} webhooks are tried again.")
    if missing:
        says = f"{len(missing):,} were not found: no webhook was given up of"
        print(f"{PROJECT}: {says} {', '.join(missing)}.", file=sys.stderr)
    return 1 if missing else 0
