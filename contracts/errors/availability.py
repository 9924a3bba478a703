"""What does not work at the moment, and may a little later."""

from typing import ClassVar

from contracts.errors.base import MienError


class Overloaded(MienError):
    """The system holds back; ``retry_after`` says for how many seconds."""

    code = "overloaded"

    def __init__(self, detail: str, *, retry_after: float, field: str | None = None) -> None:
        """Say why, and in how many seconds (`retry_after`) to try again."""
        super().__init__(detail, field=field)
        self.retry_after = retry_after


class QuotaExceeded(Overloaded):
    """One client has asked more often than it may; others are not affected."""

    code = "quota_exceeded"


class Unavailable(MienError):
    """A part that the request needs does not answer; nothing was accepted."""

    code = "unavailable"
    retry_after: ClassVar[float] = 5.0
    """Seconds in which a server that was restarted is usually back."""


class BrokerUnavailable(Unavailable):
    """Redis does not answer or refuses to store."""

    code = "broker_unavailable"


class NoPicture(Unavailable):
    """The camera has no picture that may be shown: it sends none, or faces are to be covered and are not yet."""

    code = "no_picture"


class RecordUnreadable(Unavailable):
    """A stored record is damaged, or of a newer version of Mien; a gateway of that version can read it."""

    code = "record_unreadable"


class AcceptanceUnknown(BrokerUnavailable):
    """Redis went away while a job was stored: it may have been accepted. ``job`` is its id, at which to look."""

    code = "acceptance_unknown"

    def __init__(self, detail: str, *, job_id: str) -> None:
        super().__init__(detail)
        self.job_id = job_id

    @property
    def members(self) -> dict[str, object]:
        """The id."""
        return {"job": self.job_id}


class NotReady(Unavailable):
    """A process is up and cannot do its work yet; ``checks`` says for each part it needs what is wrong with it."""

    code = "not_ready"

    def __init__(self, detail: str, *, checks: dict[str, str]) -> None:
        super().__init__(detail)
        self.checks = checks

    @property
    def members(self) -> dict[str, object]:
        """The checks."""
        return {"checks": self.checks}
