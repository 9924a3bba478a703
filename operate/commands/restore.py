"""``mien restore``: what `mien backup` has put away, back in Redis."""

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from contracts.backups import Entry, KeyPart
from contracts.errors import ConfigurationError, MienError
from contracts.settings import Settings
from contracts.storage.audit import AuditLog
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.restore import PUT_FIRST, BackupTarget, Outcome
from contracts.storage.webhook_secrets import BroughtBack
from operate.archive import BackupError, Sound, check, entries
from operate.connecting import both
from operate.printing import as_json

_TOLD: Final = {
    Outcome.STORED: "restored",
    Outcome.EXISTS: "there already, or restored before, and left as they are",
    Outcome.EXPIRED: "past their time",
    Outcome.ERASED: "erased since, and not brought back",
    Outcome.INCOMPLETE: "not restored, because images are missing",
}
_SIGNED: Final = "Webhooks of jobs without an API key, and of events, are signed with the backup's secret again"
_TOLD_OF_SECRET: Final = {
    BroughtBack.SAME: "",
    BroughtBack.BESIDE: f"{_SIGNED}; the one that was here since signs as well for a week.",
    BroughtBack.ALONE: f"{_SIGNED}, not with the one that was here since.",
    BroughtBack.KEPT: "The secret of webhooks of jobs without an API key was rotated here since, and stays.",
}


class Done(NamedTuple):
    """What a restore did."""

    outcomes: Counter[Outcome]
    webhooks_secret: BroughtBack = BroughtBack.SAME
    dropped: int = 0
    """Samples and events of cameras for which there was no room."""
    erased: int = 0
    """Those that were erased since."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command line."""
    parser = subparsers.add_parser("restore", help="put back what a file of `mien backup` holds")
    parser.add_argument("file", type=Path)
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--merge", action="store_true", help="add to what is there, which wins")
    chosen.add_argument("--replace", action="store_true", help="delete what is there first; stop workers and gateways")
    chosen.add_argument("--check", action="store_true", help="only say whether the file is sound, and what is in it")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Restore the file, of which nothing is written before all of it is known to be sound. Returns the exit status."""
    try:
        file = arguments.file.open("rb")
    except OSError as error:
        raise BackupError(f"{arguments.file} cannot be read: {error.strerror}.") from error
    with file:
        sound = check(file)
        if arguments.check:
            _tell(arguments, sound, Done(Counter()))
            return 0
        done = _restore(file, sound, arguments, settings)
    _tell(arguments, sound, done)
    return 0


def _restore(file: IO[bytes], sound: Sound, arguments: argparse.Namespace, settings: Settings) -> Done:
    outcomes = Counter[Outcome]()
    with both(settings) as (redis, frame_redis):
        target = BackupTarget(redis, frame_redis, settings)
        if arguments.replace:
            _check_quiet(HeartbeatStore(redis))
            target.clear(sound.begin)
        elif not arguments.merge:
            _check_empty(target)
        anew = not target.begin(sound.begin)
        try:
            for entry in _in_order(file):
                outcome = target.put(entry, anew=anew)
                if outcome:
                    outcomes[outcome] += 1
            target.end(sound.begin)
            AuditLog(redis).operated("restored", sound.begin.id)
        except MienError as error:
            raise BackupError(
                f"After {outcomes[Outcome.STORED]:,} restored jobs: {error} What is there stays; once that is cured, "
                "go on with --merge."
            ) from error
    return Done(outcomes, target.webhooks_secret, target.dropped, target.erased)


def _in_order(file: IO[bytes]) -> Iterator[Entry]:
    """All entries: what says which others are not to come back, and then these, cameras' last."""
    yield from (entry for entry in entries(file) if _is_first(entry))
    yield from (entry for entry in entries(file) if not _is_first(entry))


def _is_first(entry: Entry) -> bool:
    return isinstance(entry, KeyPart) and entry.key in PUT_FIRST


def _check_empty(target: BackupTarget) -> None:
    found = target.occupied()
    if any(found):
        raise ConfigurationError(
            f"There are {found.jobs:,} jobs, {found.api_keys:,} API keys and {found.webhooks:,} webhooks already. Add "
            "to them with --merge, or delete them with --replace."
        )


def _check_quiet(heartbeats: HeartbeatStore) -> None:
    if live := heartbeats.live_workers():
        names = ", ".join(worker.name for worker in live[:3])
        raise ConfigurationError(
            f"{len(live)} workers are at work ({names}). Stop all workers and gateways before what they work on is "
            "replaced, or use --merge, beside which they may go on."
        )


def _tell(arguments: argparse.Namespace, sound: Sound, done: Done) -> None:
    outcomes = done.outcomes
    told: dict[str, Any] = {
        "made_at": sound.begin.made_at,
        "mien": sound.begin.mien,
        "server": sound.begin.server,
        "secrets": sound.begin.secrets,
        "history": sound.begin.history,
        "jobs": sound.counts.get("job", 0),
        "outcomes": {} if arguments.check else {outcome.value: outcomes[outcome] for outcome in Outcome},
        "webhooks_secret": done.webhooks_secret.value,
        "samples_dropped": done.dropped,
        "samples_erased": done.erased,
    }
    if arguments.json:
        print(as_json(told))
    elif arguments.check:
        print(f"The file is sound: {told['jobs']:,} jobs, made by Mien {told['mien']} of {told['server']}.")
    else:
        parts = [f"{outcomes[outcome]:,} {text}" for outcome, text in _TOLD.items() if outcomes[outcome]]
        print(f"Of {told['jobs']:,} jobs: {', '.join(parts) or 'none'}.")
        if told_of_secret := _TOLD_OF_SECRET[done.webhooks_secret]:
            print(told_of_secret)
        if done.erased:
            print(f"{done.erased:,} samples and events of cameras were erased since, and not brought back.")
        if done.dropped:
            print(
                f"{done.dropped:,} samples and events of cameras were not put back: the Redis for frames has no room "
                "for them. With more, go on with --merge."
            )
