"""What a backup has of cameras that have been erased since, and is not to come back."""

import math

from redis import Redis

from contracts.backups import KeyPart
from contracts.storage import keys
from contracts.storage.audit import AuditLog
from contracts.storage.events import camera_of


class ErasedCameras:
    """The cameras that were erased, by the audit log of the server, to which that of the backup has been added."""

    def __init__(self, redis: Redis, made_at: float) -> None:
        """Read the log of the broker Redis; the backup was made at this moment, in seconds since 1970."""
        # Clocks differ a little, and ids may be ahead of theirs: of one erased since the backup nothing comes back.
        self._until = {
            camera: math.inf if at >= made_at else 1000 * at for camera, at in AuditLog(redis).erased_cameras().items()
        }
        """Camera → until when all was erased, in ms since 1970."""

    def without(self, part: KeyPart) -> KeyPart:
        """The part without what was erased."""
        if not self._until:
            return part
        kept = [
            value for value in part.values if self._until.get(_camera(part.key, value), -1.0) < _milliseconds(value)
        ]
        return part.model_copy(update={"values": kept})

    def known(self, part: KeyPart) -> KeyPart:
        """Of the cameras that have a history, those that were not erased since the backup."""
        kept = [value for value in part.values if self._until.get(value[1].decode()) != math.inf]
        return part.model_copy(update={"values": kept})


def _camera(key: str, value: list[bytes]) -> str:
    if key != keys.EVENTS:
        return key.removeprefix(keys.history(""))
    return camera_of(dict(zip(value[1::2], value[2::2], strict=True))[b"event"]) or ""


def _milliseconds(value: list[bytes]) -> int:
    return int(value[0].partition(b"-")[0])
