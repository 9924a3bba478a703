"""``mien backup``: everything that is kept, in a file, while all goes on."""

import argparse
import secrets
import time
from pathlib import Path
from typing import Any

from contracts.backups import FORMAT, Begin
from contracts.process import project_version
from contracts.settings import Settings
from contracts.storage.audit import AuditLog
from contracts.storage.backup import BackupSource
from operate.archive import writing
from operate.connecting import both
from operate.printing import as_json, seconds, size


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command line."""
    parser = subparsers.add_parser("backup", help="write jobs, results, keys and webhooks into a file")
    parser.add_argument("file", type=Path, help="where to; there must be no such file yet")
    parser.add_argument("--without-secrets", action="store_true", help="leave out API keys and secrets of webhooks")
    parser.add_argument("--history", action="store_true", help="histories and events of cameras as well")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Write the file. Returns the exit status."""
    began = time.monotonic()
    with both(settings) as (redis, frame_redis):
        source = BackupSource(redis, frame_redis)
        begin = Begin(
            format=FORMAT,
            id=secrets.token_hex(16),
            made_at=source.now(),
            mien=project_version(),
            server=source.server(),
            secrets=not arguments.without_secrets,
            history=arguments.history,
        )
        # First: what is cut short has copied as well.
        AuditLog(redis).operated("backed up", f"{'with' if begin.secrets else 'without'} secrets, {begin.id}")
        open_jobs = 0
        with writing(arguments.file, begin) as writer:
            for entry in source.entries(secrets=begin.secrets, history=begin.history):
                writer.write(entry)
                open_jobs += entry.kind == "job" and entry.expires_at_ms is None
    told: dict[str, Any] = {
        "file": str(arguments.file),
        "bytes": arguments.file.stat().st_size,
        "jobs": writer.counts["job"],
        "open_jobs": open_jobs,
        "secrets": begin.secrets,
        "history": begin.history,
        "made_at": begin.made_at,
        "took_s": round(time.monotonic() - began, 3),
    }
    print(as_json(told) if arguments.json else _sentence(told))
    return 0


def _sentence(told: dict[str, Any]) -> str:
    more = "with API keys and secrets" if told["secrets"] else "without API keys and secrets"
    return (
        f"{told['jobs']:,} jobs, {told['open_jobs']:,} of them open, {more}: {told['file']}, {size(told['bytes'])}, "
        f"in {seconds(told['took_s'])}. Photos may be in it: keep it where only you can read it."
    )
