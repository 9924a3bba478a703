"""The folder in which a local installation keeps its data."""

import fcntl
from collections.abc import Iterator
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
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigurationError(
                f"Mien runs already with its data in {folder}. Stop it first, or set MIEN_REDIS_URL to another Redis."
            ) from error
        yield
