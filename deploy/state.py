"""The folder in which a local installation keeps its data; only its user can read what lies in it."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from contracts.errors import ConfigurationError


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Hold a folder for this process alone: two servers on the same files would destroy them.

    Args:
        folder: is made if it does not exist.

    Raises:
        ConfigurationError: another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(_opened(folder / "lock"), "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigurationError(
                f"Mien runs already with its data in {folder}. Stop it first, or set MIEN_REDIS_URL to another Redis."
            ) from error
        yield


def kept_secret(file: Path, make: Callable[[], str]) -> str:
    """A secret that stays the same from one start to the next, in a file that only this user can read.

    Args:
        file: holds the secret; is written if it does not exist or is empty.
        make: gives a new one.
    """
    with open(_opened(file), "r+", encoding="utf-8") as kept:
        secret = kept.read().strip() or make()
        kept.seek(0)
        kept.write(secret + "\n")
        kept.truncate()
    return secret


def _opened(file: Path) -> int:
    """The descriptor of a file that only this user can read, made if it does not exist."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    os.fchmod(descriptor, 0o600)
    return descriptor
