"""A network of its own for a process, joined to this machine's by one cable that a test may make deaf, either way."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from support.programs import unavailable

_NOBODY: Final = "02:00:00:00:00:99"
"""An address of the cable that neither end has: what is sent there is lost without a word."""


class Namespace:
    """A network namespace of Linux, which takes root."""

    def __init__(self) -> None:
        """Make it; say so where that is not allowed; see `unavailable`."""
        number = os.getpid() % 16_384
        net = f"10.213.{number // 64}.{4 * (number % 64)}".rsplit(".", 1)
        self.name, self._outer, self._inner = f"mien-{number}", f"mien{number}o", f"mien{number}i"
        self.outside, self.inside = (f"{net[0]}.{int(net[1]) + end}" for end in (1, 2))
        try:
            self._make()
        except (OSError, subprocess.CalledProcessError) as error:
            self.close()
            said = getattr(error, "stderr", "") or str(error)
            unavailable("A network namespace", f"Run this test as root, on Linux: {said.strip()}")

    def _make(self) -> None:
        _ip("netns", "add", self.name)
        _ip("link", "add", self._outer, "type", "veth", "peer", "name", self._inner, "netns", self.name)
        _ip("addr", "add", f"{self.outside}/30", "dev", self._outer)
        _ip("-n", self.name, "addr", "add", f"{self.inside}/30", "dev", self._inner)
        for where in (("link", "set", self._outer), ("-n", self.name, "link", "set", self._inner)):
            _ip(*where, "up")
        _ip("-n", self.name, "link", "set", "lo", "up")

    def lose(self, *, requests: bool, answers: bool) -> None:
        """From now on, lose what is sent from the inside to the outside, or what is sent back, or both; or heal it."""
        outwards = ("-n", self.name, "neigh"), self.outside, self._inner
        inwards = ("neigh",), self.inside, self._outer
        for lost, (neigh, address, device) in ((requests, outwards), (answers, inwards)):
            if lost:
                _ip(*neigh, "replace", address, "lladdr", _NOBODY, "nud", "permanent", "dev", device)
            else:
                _ip(*neigh, "flush", "dev", device, "nud", "all")

    def close(self) -> None:
        """Remove it, and the cable before it: the kernel takes its time for what is left in a namespace."""
        for arguments in (("link", "del", self._outer), ("netns", "del", self.name)):
            with suppress(OSError, subprocess.CalledProcessError):
                _ip(*arguments)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


@contextmanager
def namespace() -> Iterator[Namespace]:
    """A namespace for the length of the block, in which no process is left then."""
    made = Namespace()
    try:
        yield made
    finally:
        made.close()
