"""Long work on bytes, done beside the event loop: other requests are served meanwhile.

Worth it for functions that leave Python's lock while they work, as those of zlib and hashlib do.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, Final, ParamSpec, TypeVar

from gevent import monkey
from gevent.threadpool import ThreadPool

LONG: Final = 64 * 1024
"""Bytes. Fewer are unpacked or hashed in less time than a thread takes to begin."""
_THREADS: Final = 4
"""Of a process. What finds none free waits its turn, image by image, so that no client has all of them for long."""

P = ParamSpec("P")
T = TypeVar("T")


def run_beside(size: int, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Do some work, on another thread if it is long and this process has an event loop; raises what the work raises.

    Args:
        size: how many bytes it is about.
        work: uses nothing that belongs to the event loop.
        arguments: of the work.
        named: of the work.
    """
    if size < LONG or not monkey.is_module_patched("threading"):
        return work(*arguments, **named)

    def outcome() -> tuple[Any, Exception | None]:
        try:
            return work(*arguments, **named), None
        except Exception as error:  # would be printed if it were the thread's own
            return None, error

    value, error = _threads().apply(outcome)
    if error is not None:
        try:
            raise error
        finally:
            del error  # which knows this frame, and would keep the work's bytes until garbage is looked for
    return value  # type: ignore[no-any-return]


@cache
def _threads() -> Any:
    return ThreadPool(_THREADS)
