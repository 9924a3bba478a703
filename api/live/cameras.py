"""The list of cameras: what is said of each by whoever is responsible for it, held against its frames."""

from typing import Self

from pydantic import Field

from api.live.schemas import STALLED, LiveState, age_ms, live_state
from contracts.cameras import CameraState, CameraStatus
from contracts.results import Message
from contracts.storage.cameras import CameraStatuses
from contracts.storage.frames import FrameStore

_NOTHING_ARRIVES = "Its pictures do not arrive in Redis."
_GONE = "It has stopped sending pictures."


class CameraResponse(Message):
    """A camera that is known now, or has published within the last hour."""

    name: str
    state: CameraState
    reason: str | None = Field(description="What is wrong, for people; null where nothing is.")
    since: float | None = Field(description="Since when it is in this state: seconds since 1970, UTC. Null: unknown.")
    kind: str | None = Field(description="`device`, `rtsp`, `http`, `file`, `folder`, `demo` or `browser`.")
    fps: float | None = Field(description="Frames a second, at most; null: unknown.")
    blur: bool = Field(description="Whether faces are made unrecognizable.")
    history_s: int = Field(description="How long what was read is kept, in seconds.")
    last_frame_at: float | None = Field(description="Seconds since 1970, UTC; null before the first frame.")
    age_ms: int | None = Field(description="Of that frame, in milliseconds.")


class CameraList(Message):
    """All cameras that are known, the one with the newest frame first."""

    cameras: list[CameraResponse]

    @classmethod
    def read(cls, frames: FrameStore, statuses: CameraStatuses) -> Self:
        """Look at all cameras."""
        now, published, known = frames.now(), frames.cameras(), statuses.all()
        names = [*published, *(name for name in known if name not in published)]
        return cls(cameras=[_response(frames, name, known.get(name), published.get(name), now) for name in names])


def _response(
    frames: FrameStore, name: str, status: CameraStatus | None, last_frame_at: float | None, now: float
) -> CameraResponse:
    state, reason = _judged(frames, name, status)
    return CameraResponse(
        name=name,
        state=state,
        reason=reason,
        since=status.since if status and status.state == state else None,
        kind=status.kind if status else None,
        fps=status.fps if status else None,
        blur=status.blur if status else False,
        history_s=status.history_s if status else 0,
        last_frame_at=last_frame_at,
        age_ms=None if last_frame_at is None else age_ms(last_frame_at, now),
    )


def _judged(frames: FrameStore, name: str, status: CameraStatus | None) -> tuple[CameraState, str | None]:
    """State and reason: as the camera's are told, unless it is live and what comes of its frames is not."""
    if status is not None and status.state != "live":
        return status.state, status.reason
    seen = live_state(frames.captured_at(name), frames.result(name))
    if seen is LiveState.STALLED:
        return "stalled", STALLED
    if seen is LiveState.GONE:
        return ("gone", _GONE) if status is None else ("stalled", _NOTHING_ARRIVES)
    return "live", None
