"""How a camera is, and what viewers are told of it."""

from typing import Final, NamedTuple, Self

from api.live.channel import Kind
from contracts.cameras import CameraStatus
from contracts.frames import CameraOptions
from contracts.storage.views import MOST_VARIANTS

_SENTENCES: Final = {
    "connecting": "The camera is being connected.",
    "stalled": "The camera has stopped sending pictures; it is tried again.",
    "gone": "The camera has stopped sending pictures.",
}
_NONE_SENT: Final = "The camera sends no pictures."
LATE: Final = "Pictures arrive, but their analysis is late."
NONE_BLURRED: Final = "Faces of this camera are covered, and no picture is there in which they are."

FULL: Final = (
    f"This camera is shown in {MOST_VARIANTS} forms already. Until one of them is free its pictures come as they are, "
    "and with faces covered none."
)


class CameraState(NamedTuple):
    """As capture says, or as the frames do that come."""

    state: str
    """``connecting``, ``live``, ``stalled`` or ``gone``."""
    reason: str | None = None
    kind: str | None = None
    blur: bool = False

    @classmethod
    def judge(cls, status: CameraStatus | None, options: CameraOptions, *, arrives: bool) -> Self:
        """From what is said of a camera, and what is seen of it.

        Args:
            status: as whoever is responsible for the camera says; None: nobody does.
            options: of its newest frame.
            arrives: whether frames do.
        """
        kind = options.kind or (status.kind if status else None)
        if status is not None and status.state != "live":
            return cls(status.state, status.reason, kind, options.blur)
        if arrives:
            return cls("live", None, kind, options.blur)
        return cls("gone" if status is None else "stalled", None, kind, options.blur)

    def sentence(self, shown: Kind, *, has_place: bool = True) -> str | None:
        """What is missing, for people; None if nothing is.

        Args:
            shown: what viewers see of it.
            has_place: whether the form in which they want it is made.
        """
        if self.state != "live":
            said = _SENTENCES.get(self.state)
            return (
                said if self.reason is None else f"{said if self.state == 'connecting' else _NONE_SENT} {self.reason}"
            )
        if not has_place and shown is not Kind.ANNOTATED:
            return FULL
        if shown is Kind.PLAIN:
            return LATE
        return NONE_BLURRED if shown is Kind.PLACEHOLDER and self.blur else None


GONE: Final = CameraState("gone")
