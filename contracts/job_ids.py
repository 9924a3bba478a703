"""Ids of jobs: nobody can guess one, and an id that was once given out is known as such without being stored.

An id is 14 random bytes and a 4-byte check of them, in base64url: 24 characters. So a job whose record has expired can
be told from one that never was, at no cost in Redis.
"""

import base64
import binascii
import hashlib
import secrets
from typing import Final

_RANDOM_BYTES: Final = 14
_CHECK_BYTES: Final = 4


def new_job_id() -> str:
    """An id with 112 random bits: knowing it is what allows to read a result."""
    random = secrets.token_bytes(_RANDOM_BYTES)
    return base64.urlsafe_b64encode(random + _check(random)).decode()


def is_job_id(text: str) -> bool:
    """Whether `new_job_id` made this id, here or elsewhere."""
    try:
        raw = base64.b64decode(text, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(raw) == _RANDOM_BYTES + _CHECK_BYTES and _check(raw[:_RANDOM_BYTES]) == raw[_RANDOM_BYTES:]


def _check(random: bytes) -> bytes:
    return hashlib.sha256(b"mien job " + random).digest()[:_CHECK_BYTES]
