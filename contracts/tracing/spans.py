"""What code that is traced works with: a span has a beginning, an end, and parts that are over when they are noted.

Times are given, in seconds since 1970, and not taken: most are known only afterwards, and by Redis' clock. Nothing here
depends on what is current in a thread, so that a batch of jobs can be in several traces at once.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, Protocol

Attributes = Mapping[str, str | int | float | bool]
"""Ids of jobs, sizes and counts alone: no image, name, key, address or emotion belongs here (docs/privacy.md)."""
NO_ATTRIBUTES: Final[Attributes] = MappingProxyType({})
Kind = Literal["internal", "server", "client", "producer", "consumer"]


class Span(Protocol):
    """Something that takes time, in a trace."""

    @property
    def traceparent(self) -> str:
        """The header that makes something else a part of it; empty where nothing is traced."""

    @property
    def recorded(self) -> bool:
        """Whether anybody will see it: the sampler may have decided against it."""

    def begin(self, name: str, at: float) -> "Span":
        """A part of it that begins now."""

    def part(self, name: str, begun_at: float, ended_at: float, attributes: Attributes = NO_ATTRIBUTES) -> None:
        """A part of it that is over."""

    def link(self, traceparent: str) -> None:
        """Name a span elsewhere that has to do with this one and is not above it."""

    def note(self, attributes: Attributes) -> None:
        """Say more about it."""

    def end(self, at: float, error: str = "") -> None:
        """End it.

        Args:
            at: seconds since 1970; never before its beginning.
            error: what went wrong, as a code and not as a sentence, which may have a client's text in it; empty:
                nothing.
        """


class Tracing(Protocol):
    """How this process records its parts of traces."""

    @property
    def enabled(self) -> bool:
        """Whether it does."""

    def begin(
        self, name: str, at: float, *, parent: str = "", kind: Kind = "internal", attributes: Attributes = NO_ATTRIBUTES
    ) -> Span:
        """A span that begins now.

        Args:
            name: what happens; one of few, for spans are grouped by it.
            at: seconds since 1970.
            parent: a ``traceparent``; empty: it begins a new trace.
            kind: how it stands to what is around it.
            attributes: what is known of it.
        """

    def take_counts(self) -> dict[str, int]:
        """What became of spans since the last call: ``exported``, ``dropped``; what is 0 is left out."""

    def close(self) -> None:
        """Send what is left, for as long as a process that ends can wait for it."""


class _NoSpan:
    traceparent: Final = ""
    recorded: Final = False

    def begin(self, name: str, at: float) -> Span:  # noqa: ARG002
        return self

    def part(self, name: str, begun_at: float, ended_at: float, attributes: Attributes = NO_ATTRIBUTES) -> None:
        pass

    def link(self, traceparent: str) -> None:
        pass

    def note(self, attributes: Attributes) -> None:
        pass

    def end(self, at: float, error: str = "") -> None:
        pass


class _NoTracing:
    enabled: Final = False

    def begin(
        self,
        name: str,  # noqa: ARG002
        at: float,  # noqa: ARG002
        **_: str | Attributes,
    ) -> Span:
        return NO_SPAN

    def take_counts(self) -> dict[str, int]:
        return {}

    def close(self) -> None:
        pass


NO_SPAN: Final[Span] = _NoSpan()
NO_TRACING: Final[Tracing] = _NoTracing()
"""Nothing is recorded, at the cost of a call."""
