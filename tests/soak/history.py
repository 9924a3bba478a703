"""What clients of a soak asked for, were told and saw, and what of it breaks a promise."""

import threading
import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

ENDS_WITHIN_S: Final = 90.0
"""After it was accepted, a job is final; and a client that asks again and again is accepted."""
_LOST_BEFORE_S, _LOST_AFTER_S = 2.0, 0.5
"""What was accepted so long before the broker was killed may be lost: it was not on the disk yet."""


@dataclass
class Asked:
    """A request, which a client repeats with the same key until it has an answer."""

    key: str
    photos: Sequence[int]
    options: dict[str, str]
    ids: list[str] = field(default_factory=list)
    """Each id that was ever told for it."""
    accepted_at: float = 0.0
    """Seconds since 1970."""
    final_at: float = 0.0
    state: str = ""
    deletes: int = 0
    """How often its client has asked for its cancel, until there was an answer."""
    erased: bool = False


class History:
    """Of all clients together."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._lock = threading.Lock()
        self.asked: list[Asked] = []
        self.counts: Counter[str] = Counter()
        self.violations: list[str] = []
        self.broker_kills: list[float] = []
        """When the broker was killed; others write here."""

    def begin(self, asked: Asked) -> None:
        """A client is about to ask."""
        with self._lock:
            self.asked.append(asked)

    def count(self, what: str) -> None:
        """Something happened once more."""
        with self._lock:
            self.counts[what] += 1

    def violate(self, text: str) -> None:
        """A promise was broken."""
        with self._lock:
            self.violations.append(f"{time.time():.3f} {text}")

    def told(self, asked: Asked, job_id: str) -> None:
        """The client is told the id of its job: always the same, from when on it was told that it is accepted."""
        if asked.accepted_at and asked.ids[-1] != job_id and not self.may_be_lost(asked):
            self.violate(f"{asked.key} stands for {asked.ids[-1]}, and for {job_id}")
        if job_id not in asked.ids:
            asked.ids.append(job_id)

    def may_be_lost(self, asked: Asked) -> bool:
        """Whether it was accepted just before the broker was killed, or has not been answered at all since then."""
        at = asked.accepted_at or time.time()
        return any(at - _LOST_AFTER_S <= killed <= at + _LOST_BEFORE_S for killed in self.broker_kills)

    def recoveries(self, ends: Sequence[float]) -> list[float]:
        """After each of these moments: seconds until a job ended that was accepted since."""
        found = []
        for end in ends:
            later = [asked.final_at for asked in self.asked if asked.accepted_at >= end and asked.final_at]
            if later:
                found.append(min(later) - end)
        return found

    def untold(self, told: Collection[str]) -> list[str]:
        """Jobs that ended, and whose receiver was told nothing; `told` are the ids of webhooks that came."""
        ended = [asked for asked in self.asked if asked.state and not asked.erased and "webhook" in asked.options]
        return [asked.ids[-1] for asked in ended if f"msg_{asked.ids[-1]}" not in told]
