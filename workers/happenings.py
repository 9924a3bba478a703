"""What has happened between two looks at a camera. Pure: what was noted and what is seen in, what happened out."""

from typing import Final, NamedTuple

from contracts.events import CameraEvent, EventKind, Noted, Present
from contracts.frames import FrameResult, TrackedFace

LEFT_AFTER_S: Final = 2.0
"""Not seen for so long, somebody has left. Whom another one hides may appear again with the same number."""


class Look(NamedTuple):
    """What is seen of a camera now."""

    camera: str
    now: float
    """Seconds since 1970, by the clock of frames."""
    result: FrameResult | None
    """The newest analysis; none if there is none any more."""
    state: str
    reason: str | None = None
    framed_at: float | None = None
    """When the newest frame was taken, by the same clock; none: unknown."""

    @property
    def told_until(self) -> float:
        """The time of which it is known who is in view: while frames arrive, that of the last one that was analysed."""
        if self.result is not None and self.framed_at is not None and self.now - self.framed_at <= LEFT_AFTER_S:
            return self.result.captured_at
        return self.now


def happened(noted: Noted, look: Look, changed_s: float) -> tuple[Noted, list[CameraEvent]]:
    """What is noted after a look, and what has happened since the one before.

    Args:
        noted: so far.
        look: now.
        changed_s: for so long another expression has to be shown.
    """
    events, result = list[CameraEvent](), look.result
    if look.state != noted.state:
        events.append(_event(look, EventKind.CAMERA_STATE, look.now, state=look.state, reason=look.reason))
    people, epoch, sequence = dict(noted.people), noted.epoch, noted.sequence
    if result is not None and result.epoch != epoch:  # numbers begin anew: who had one has left
        events += [_left(look, epoch, track, one) for track, one in people.items()]
        people, epoch, sequence = {}, result.epoch, 0
    if result is not None and result.sequence > sequence:
        sequence = result.sequence
        for face in result.faces:
            people[face.track], told = _seen(look, result, people.get(face.track), face, changed_s)
            events += told
    gone = [track for track, one in people.items() if look.told_until - one.seen_at > LEFT_AFTER_S]
    events += [_left(look, epoch, track, people.pop(track)) for track in gone]
    return Noted(epoch=epoch, sequence=sequence, people=people, state=look.state), events


def _seen(
    look: Look, result: FrameResult, before: Present | None, face: TrackedFace, changed_s: float
) -> tuple[Present, list[CameraEvent]]:
    at, epoch, shown = result.captured_at, result.epoch, face.emotion
    if before is None:
        told = _event(look, EventKind.APPEARED, at, epoch=epoch, track=face.track, emotion=shown)
        return Present(seen_at=at, emotion=shown), [told]
    if shown == before.emotion:
        return Present(seen_at=at, emotion=shown), []
    since = before.other_since if before.other == shown else at
    if at - since < changed_s:
        return before.model_copy(update={"seen_at": at, "other": shown, "other_since": since}), []
    kept = Present(seen_at=at, emotion=shown)
    if shown is None or before.emotion is None:  # it was read by a worker that reads no expressions
        return kept, []
    told = _event(look, EventKind.CHANGED, at, epoch=epoch, track=face.track, emotion=shown, before=before.emotion)
    return kept, [told]


def _left(look: Look, epoch: int, track: int, one: Present) -> CameraEvent:
    return _event(look, EventKind.LEFT, one.seen_at, epoch=epoch, track=track, emotion=one.emotion)


def _event(look: Look, kind: EventKind, at: float, **values: object) -> CameraEvent:
    return CameraEvent.model_validate({"at": at, "camera": look.camera, "kind": kind, **values})
