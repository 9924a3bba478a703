"""A stream of a backup is put back before what has come since.

Redis adds to the end of a stream alone, and a camera that goes on has its newest sample there within a second. So a
stream is made of both, beside the one that is there, and takes its place in one step: an interrupted restore leaves it
as it was, and so does one for which the server has no room. What was made so far goes at once then: the server may
be that of jobs, which need the memory.
"""

import secrets
from collections.abc import Iterable
from typing import Any, Final

from redis import Redis
from redis.exceptions import ExecAbortError, OutOfMemoryError

from contracts.backups import KeyPart
from contracts.storage import keys

_UNFINISHED_MS: Final = 600_000
_PAGE: Final = 500
_WITHOUT_END: Final = -1
"""What ``PEXPIRETIME`` answers of a key that does not expire; -2: there is none."""

_Entries = Iterable[tuple[bytes, dict[bytes, bytes]]]


class StreamRestore:
    """One stream, whose parts come in order."""

    def __init__(self, redis: Redis, key: str) -> None:
        """Put back what stood under this key of this server."""
        self.key = key
        self._redis, self._aside = redis, keys.restoring(secrets.token_hex(8))
        self._first, self._count, self._of_backup = "-", 0, 0
        self._expires_at_ms: int | None = None
        self._full = False

    def put(self, part: KeyPart) -> None:
        """Add a part, and what stands on the server of the same time; entries of both are the same."""
        self._of_backup += len(part.values)
        if self._full:
            return
        found = {number: dict(zip(fields[::2], fields[1::2], strict=True)) for number, *fields in part.values}
        found |= dict(self._redis.xrange(self.key, self._first, part.values[-1][0]))
        self._add(sorted(found.items(), key=lambda entry: _place(entry[0])))
        self._expires_at_ms = part.expires_at_ms

    def end(self) -> int:
        """Add what has come since, and take the place of what is there.

        Returns:
            How many entries of the backup are not put back, because the server is full, and takes or keeps no more.
        """
        if not self._of_backup:
            return 0
        while not self._full and len(page := self._redis.xrange(self.key, self._first, count=_PAGE)) == _PAGE:
            self._add(page)
        if not self._full and self._took_place():
            return 0
        self._redis.unlink(self._aside)
        return self._of_backup

    def _took_place(self) -> bool:
        try:
            return bool(self._redis.transaction(self._take_place, self.key, self._aside, value_from_callable=True))
        except (OutOfMemoryError, ExecAbortError) as error:
            if isinstance(error, ExecAbortError) and "OOM" not in str(error):
                raise
            return False

    def _add(self, entries: _Entries) -> None:
        with self._redis.pipeline(transaction=False) as pipe:
            for number, fields in entries:
                pipe.xadd(self._aside, fields, id=number)
                self._count, self._first = self._count + 1, f"({number.decode()}"
            pipe.pexpire(self._aside, _UNFINISHED_MS)
            answers = pipe.execute(raise_on_error=False)
        if any(isinstance(answer, OutOfMemoryError) for answer in answers):
            self._full = True
            self._redis.unlink(self._aside)
            return
        for answer in answers:
            # Where the connection was lost all is sent again, and some of it is there.
            if isinstance(answer, Exception) and "equal or smaller" not in str(answer):
                raise answer

    def _take_place(self, pipe: Any) -> bool:
        if pipe.xlen(self._aside) != self._count:
            return False
        newest, here = pipe.xrange(self.key, self._first), pipe.pexpiretime(self.key)
        pipe.multi()
        for number, fields in newest:
            pipe.xadd(self._aside, fields, id=number)
        pipe.rename(self._aside, self.key)
        if self._expires_at_ms is None or here == _WITHOUT_END:
            pipe.persist(self.key)
        else:
            pipe.pexpireat(self.key, max(here, self._expires_at_ms))
        return True


def _place(number: bytes) -> tuple[int, int]:
    milliseconds, _, count = number.partition(b"-")
    return int(milliseconds), int(count)
