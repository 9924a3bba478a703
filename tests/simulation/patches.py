"""The simulation's time in place of the real one: in the modules that ask for it, and in the scripts."""

import itertools
import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace
from typing import Final, NamedTuple
from unittest.mock import patch

import api.jobs.submission
import contracts.jobs
import contracts.storage.erasure
import contracts.storage.job_images
import contracts.storage.jobs
import contracts.storage.patience
import contracts.storage.scripts
import contracts.storage.wakeups
import contracts.storage.webhook_secrets
import contracts.storage.webhooks
import workers.annotation
import workers.jobs
import workers.periodic
import workers.webhooks
from simulation.images import drawn
from simulation.world import World

_REAL: Final = "redis.call('TIME')"
_SIMULATED: Final = "redis.call('HMGET', 'simulation:clock', 'seconds', 'microseconds')"
_RETRY_DELAYS_S: Final = (1, 2, 4)
_ANNOUNCED_S: Final = 8.0
"""In place of hours, and of a minute: a run lasts for some seconds."""
_PART_BYTES: Final = 40
"""Images of more bytes than that are sent ahead of their job's record, where it is a megabyte otherwise."""

_text = cache(contracts.storage.scripts._text)


class Broken(NamedTuple):
    """A line of a script that is left out, or replaced, to see what comes of it."""

    script: str
    line: str
    instead: str = ""


@contextmanager
def simulated(world: World, broken: Broken | None = None) -> Iterator[None]:
    """Within the block all that is asked for the time gets the world's, and what is random is the seed's."""

    def script(name: str) -> str:
        text = _text(name).replace(_REAL, _SIMULATED)
        if broken and name == broken.script:
            assert broken.line in text, f"{name}.lua has no such line any more: {broken.line}"
            text = text.replace(broken.line, broken.instead)
        return text

    chance = random.Random(world.random.random())
    numbers = itertools.count()
    time = SimpleNamespace(
        time=lambda: world.now,
        monotonic=lambda: world.now,
        perf_counter=lambda: world.now,
        sleep=world.sleep,
        thread_time=lambda: world.now,
    )
    chosen = SimpleNamespace(token_bytes=chance.randbytes, token_hex=lambda length: chance.randbytes(length).hex())
    exits = SimpleNamespace(_exit=lambda status: world.crash(world.current()))
    with (
        patch.object(contracts.storage.scripts, "_text", script),
        patch.object(contracts.storage.jobs, "servers_clock", lambda _: lambda: world.server_now),
        patch.object(contracts.storage.jobs, "secrets", chosen),
        patch.object(contracts.storage.patience, "time", time),
        patch.object(contracts.storage.job_images, "_PART_BYTES", _PART_BYTES),
        patch.object(contracts.storage.webhooks, "servers_clock", lambda _: lambda: world.server_now),
        patch.object(contracts.storage.erasure, "servers_clock", lambda _: lambda: world.server_now),
        patch.object(contracts.storage.webhooks, "secrets", chosen),
        patch.object(contracts.storage.webhooks, "random", chance),
        patch.object(contracts.storage.webhooks, "RETRY_DELAYS_S", _RETRY_DELAYS_S),
        patch.object(contracts.storage.webhooks, "_ANNOUNCED_S", _ANNOUNCED_S),
        patch.object(contracts.storage.webhook_secrets, "secrets", chosen),
        patch.object(workers.webhooks, "post", world.post),
        patch.object(workers.annotation, "_annotated", lambda services, image, analysis, *, blur: drawn(image)),
        patch.object(contracts.storage.wakeups, "uuid", SimpleNamespace(uuid4=lambda: next(numbers))),
        patch.object(contracts.jobs, "secrets", chosen),
        patch.object(api.jobs.submission, "time", time),
        patch.object(workers.jobs, "time", time),
        patch.object(workers.jobs, "secrets", chosen),
        patch.object(workers.periodic, "os", exits),
    ):
        yield
