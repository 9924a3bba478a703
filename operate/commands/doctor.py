"""``mien doctor``: one sentence a check, and what to do."""

import argparse
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from contracts.errors import BrokerUnavailable, MienError
from contracts.settings import Settings
from operate.connecting import both
from operate.doctor import gpus, machine, networks, servers, system
from operate.doctor import settings as settings_checks
from operate.doctor.finding import Finding, Level, problem
from operate.printing import as_json

_MARKS: Final = {Level.OK: "ok", Level.WARNING: "warning", Level.PROBLEM: "PROBLEM"}
Checks = Callable[[], Iterable[Finding]]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command line."""
    parser = subparsers.add_parser("doctor", help="what is wrong here, and what to do; status 1 if something is")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run, reads_settings=True)


def run(arguments: argparse.Namespace, settings: Settings | None = None) -> int:
    """Make all checks. Returns 1 if there is a problem, 0 if there are warnings at most.

    Args:
        arguments: of the command line.
        settings: none: they are read here, so that wrong ones are a finding.
    """
    findings = list[Finding]()
    if settings is None:
        settings, findings = settings_checks.read_settings()
    findings += _findings(settings)
    if arguments.json:
        print(as_json([{**finding._asdict(), "level": finding.level.value} for finding in findings]))
    else:
        print("\n".join(map(_line, findings)))
    return int(any(finding.level is Level.PROBLEM for finding in findings))


def _findings(settings: Settings) -> Iterator[Finding]:
    yield from settings_checks.check_exposure(settings)
    yield from machine.check_ports(settings)
    yield machine.check_files(settings)
    yield from networks.check_weights()
    yield from gpus.check_gpu(settings)
    yield from system.check_registry(settings)
    broker, frames = list(servers.check_broker(settings)), list(servers.check_frames(settings))
    yield from (*broker, *frames)
    with both(settings) as (redis, frame_redis):
        if not _away("redis", broker):
            yield from _tried("workers", lambda: system.check_workers(redis, settings))
            yield from _tried("queues", lambda: system.check_queues(redis, settings))
            yield from _tried("webhooks", lambda: system.check_webhooks(redis, settings))
        if not _away("redis" if frame_redis is redis else "frames", [*broker, *frames]):
            yield from _tried("cameras", lambda: system.check_cameras(frame_redis))


def _away(check: str, findings: Iterable[Finding]) -> bool:
    return any(finding.check == check and "does not answer" in finding.says for finding in findings)


def _tried(check: str, checks: Checks) -> Iterator[Finding]:
    """What is found; that it could not be looked at is a finding, too."""
    try:
        yield from list(checks())
    except BrokerUnavailable as error:
        yield problem(check, f"This could not be looked at: {error}", "See what is said of redis.")
    except MienError as error:
        yield problem(check, str(error), "It is of another version of Mien, or damaged.")


def _line(finding: Finding) -> str:
    head = f"{_MARKS[finding.level]:8} {finding.check:12} {finding.says}"
    return f"{head}\n{' ' * 22}{finding.do}" if finding.do else head
