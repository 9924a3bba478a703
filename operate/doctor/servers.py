"""The Redis servers: whether they answer, keep what they are given, and have room."""

import re
from collections.abc import Iterator
from contextlib import closing
from typing import Final

from redis import Redis

from contracts.addresses import without_password
from contracts.errors import MienError
from contracts.settings import Settings
from contracts.storage.connections import connect
from contracts.storage.server_health import ServerHealth, api_keys, read_health
from operate.doctor import machine
from operate.doctor.finding import Finding, ok, or_ok, problem, warning
from operate.printing import size

_NEEDED: Final = (7, 0)
"""Scripts that say whether they may run when memory is full."""
_BETTER: Final = (7, 2)
_SLOW_S, _TOO_SLOW_S = 0.005, 0.05
_AHEAD_S, _FAR_AHEAD_S = 2.0, 60.0
_MUCH: Final = 0.75
_ANSWER_S: Final = 3.0


def check_broker(settings: Settings) -> Iterator[Finding]:
    """The server of jobs."""
    found = _health(settings.redis_url)
    if isinstance(found, str):
        yield _away("redis", "MIEN_REDIS_URL", settings.redis_url, found)
        return
    yield from _check_server("redis", found)
    yield from _check_keeping(found)
    yield from _check_memory(settings, found)
    yield _check_clock(found.ahead_s)
    if _is_here(settings.redis_url):
        yield from machine.check_overcommit()
        if found.folder and found.folder.is_dir():
            yield machine.check_disk(found.folder)
    if settings.require_keys:
        yield _check_keys(settings.redis_url)


def check_frames(settings: Settings) -> Iterator[Finding]:
    """The server of live frames, where it is another one."""
    if settings.frame_redis_url == settings.redis_url:
        says = "Live frames are in the server of jobs, whose memory they share."
        yield ok("frames", says)
        return
    found = _health(settings.frame_redis_url)
    if isinstance(found, str):
        yield _away("frames", "MIEN_FRAME_REDIS_URL", settings.frame_redis_url, found)
        return
    yield from _check_server("frames", found)
    if not found.policy.startswith("volatile"):
        says = f"When it is full it does {found.policy}: new frames would be refused."
        yield warning("frames", says, "Set its maxmemory-policy to volatile-ttl.")
    if not found.room.limit_bytes:
        yield warning("frames", "Its memory has no limit.", "Set its maxmemory, as to 256mb.")


def _health(url: str) -> ServerHealth | str:
    """How the server is, or why that is not known."""
    try:
        with closing(_connected(url)) as redis:
            return read_health(redis)
    except MienError as error:
        return _without_passwords(str(error.__cause__ or error))
    except ValueError as error:  # no address
        return _without_passwords(str(error))


def _connected(url: str) -> Redis:
    return connect(url, name="mien-doctor", max_connections=2, answer_s=_ANSWER_S, connection_s=_ANSWER_S)


def _away(check: str, setting: str, url: str, why: str) -> Finding:
    do = f"Start it, or set {setting} to where it is; nothing is accepted meanwhile, and nothing is lost by that."
    return problem(check, f"{without_password(url)} does not answer: {why.rstrip('.')}.", do)


def _check_server(check: str, health: ServerHealth) -> Iterator[Finding]:
    findings = list[Finding]()
    if health.version < _NEEDED:
        says = f"{health.name} {health.shown_version} is too old."
        findings.append(problem(check, says, "Redis 7.0 or newer is needed, or any Valkey."))
    elif health.version < _BETTER:
        says = f"{health.name} {health.shown_version} cannot say what is on its disk (WAITAOF)."
        findings.append(warning(check, says, "Use Redis 7.2 or newer, or any Valkey."))
    if not health.primary:
        link = "" if health.primary_link else ", which has lost its primary"
        findings.append(
            problem(check, f"It is a replica{link}: it takes no writes.", "Let the address lead to the primary.")
        )
    if health.latency_s > _SLOW_S:
        found = problem if health.latency_s > _TOO_SLOW_S else warning
        says = f"An answer takes {1_000 * health.latency_s:.0f} ms."
        findings.append(found(check, says, "Bring Redis nearer, or look what keeps its machine busy."))
    replicas = f", {health.replicas} replicas" if health.replicas else ""
    says = f"{health.name} {health.shown_version} answers in {1_000 * health.latency_s:.1f} ms{replicas}."
    yield from or_ok(check, findings, says)


def _check_keeping(health: ServerHealth) -> Iterator[Finding]:
    findings = list[Finding]()
    if not health.append_only:
        says = "It writes no append-only file: a restart of Redis loses all jobs."
        findings.append(problem("persistence", says, "Set appendonly yes and appendfsync everysec."))
    if not health.write_ok:
        says = "Its last write to its file failed: it refuses writes, and no job is accepted."
        findings.append(problem("persistence", says, "Free space on its disk; it goes on by itself."))
    if not health.rewrite_ok:
        says = "It could not rewrite its file: what was deleted stays on the disk."
        findings.append(warning("persistence", says, "Look for memory and disk space on its host, and into its log."))
    if health.policy != "noeviction":
        says = f"When it is full it does {health.policy}: accepted jobs would vanish."
        findings.append(problem("persistence", says, "Set its maxmemory-policy to noeviction."))
    yield from or_ok("persistence", findings, "Its file is written, and nothing that was accepted is evicted.")


def _check_memory(settings: Settings, health: ServerHealth) -> Iterator[Finding]:
    room, findings = health.room, list[Finding]()
    used = f"{size(room.used_bytes)} of {size(room.limit_bytes)} are used"
    if not room.limit_bytes:
        do = "Set its maxmemory below what its machine has: half of it, since a rewrite may need as much again."
        findings.append(warning("memory", "Its memory has no limit.", do))
    elif room.full:
        do = "See docs/operations.md, Redis is full: shorten MIEN_RESULT_TTL_S, erase old jobs, or give it more."
        findings.append(problem("memory", f"{used}: new jobs are refused.", do))
    elif room.used_bytes > _MUCH * room.limit_bytes:
        findings.append(warning("memory", f"{used}.", "From nine tenths on new jobs are refused: give it more."))
    if room.limit_bytes and 2 * settings.max_open_bytes > room.limit_bytes:
        says = f"MIEN_MAX_OPEN_BYTES={settings.max_open_bytes:,} is more than half of its {size(room.limit_bytes)}."
        findings.append(warning("memory", says, "Lower it, or give Redis more."))
    yield from or_ok("memory", findings, f"{used}.")


def _check_clock(ahead_s: float) -> Finding:
    says = f"This host's clock is {abs(ahead_s):.1f} s {'ahead of' if ahead_s > 0 else 'behind'} that of Redis' host."
    do = "Keep both by NTP: the ends of API keys, rates and the audit log go by hosts' own clocks."
    if abs(ahead_s) > _FAR_AHEAD_S:
        return problem("clock", says, do)
    if abs(ahead_s) > _AHEAD_S:
        return warning("clock", says, do)
    return ok("clock", "This host's clock and that of Redis' host agree.")


def _check_keys(url: str) -> Finding:
    try:
        with closing(_connected(url)) as redis:
            count = api_keys(redis)
    except MienError as error:
        return problem("access", f"Whether there are API keys is not known: {error}", "See what is said of redis.")
    if not count:
        return warning("access", "Keys are required, and there is none.", "mien keys create NAME makes one.")
    return ok("access", f"There are {count:,} API keys.")


def _is_here(url: str) -> bool:
    """Whether the server is on this machine, for all that can be seen."""
    return url.startswith("unix:") or bool(re.match(r"rediss?://([^@/]*@)?(127\.|localhost\b|\[::1\])", url))


def _without_passwords(text: str) -> str:
    """What the driver says, in which addresses may stand."""
    return re.sub(r"\S+://\S+", lambda found: without_password(found[0]), text)
