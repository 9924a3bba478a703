"""The header ``traceparent``, which says what trace a request is part of: https://www.w3.org/TR/trace-context/.

``tracestate`` is not read and not passed on: nothing here has a use for it, and a stranger's text of any length need
not travel with a job.
"""

import re
from typing import Final, NamedTuple

HEADER: Final = "traceparent"
_FORM: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.{0,200})?")
_SAMPLED: Final = 1


class TraceContext(NamedTuple):
    """A place in a trace."""

    trace_id: str
    """32 hexadecimal digits."""
    span_id: str
    """16 of them: the span that what comes next is part of."""
    sampled: bool
    """Whether those before have recorded it."""

    @property
    def header(self) -> str:
        """The value of the header, in version 00."""
        return f"00-{self.trace_id}-{self.span_id}-{int(self.sampled):02x}"


def parse_traceparent(text: str) -> TraceContext | None:
    """The place that a header names; none if it is malformed, which is to be treated as if it were not there.

    A later version than 00 may have more behind it; version ff, and ids of zeros alone, are forbidden.
    """
    found = _FORM.fullmatch(text.strip())
    if found is None:
        return None
    version, trace_id, span_id, flags, more = found.groups()
    if version == "ff" or (version == "00" and more) or not int(trace_id, 16) or not int(span_id, 16):
        return None
    return TraceContext(trace_id, span_id, bool(int(flags, 16) & _SAMPLED))


def trace_id_of(traceparent: str) -> str:
    """The trace's id, for logs; empty if there is none."""
    context = parse_traceparent(traceparent)
    return context.trace_id if context else ""
