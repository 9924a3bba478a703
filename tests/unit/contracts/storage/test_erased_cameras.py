"""Of what was erased of a camera nothing is left in a backup's entries."""

import pytest
from redis import Redis

from contracts.backups import KeyPart
from contracts.events import CameraEvent, EventKind
from contracts.storage import keys
from contracts.storage.audit import AuditLog
from contracts.storage.erased_cameras import ErasedCameras

MADE_AT = 1_000.0


def history(camera: str, *at: float) -> KeyPart:
    values = [[b"%d-0" % round(1_000 * seconds), b"sample", b"{}"] for seconds in at]
    return KeyPart(key=keys.history(camera), type="stream", frames=True, values=values)


@pytest.mark.parametrize("what", ["camera hall", "history of camera hall"])
@pytest.mark.parametrize(
    ("erased_at", "left"), [((), 3), ((900,), 2), ((900, 950), 1), ((MADE_AT, 900), 0), ((2_000,), 0)]
)
def test_what_is_older_than_the_last_erasure_is_left_out_and_all_after_the_backup(
    redis: Redis, what: str, erased_at: tuple[float, ...], left: int
) -> None:
    for at in erased_at:
        AuditLog(redis, lambda at=at: at).changed("erased", "", what)
    erased = ErasedCameras(redis, MADE_AT)
    assert len(erased.without(history("hall", 900, 950, 1_001)).values) == left
    assert len(erased.without(history("door", 900, 950, 1_001)).values) == 3


def test_events_of_other_cameras_and_those_that_cannot_be_read_stay(redis: Redis) -> None:
    AuditLog(redis).changed("erased", "", "camera hall")
    events = [CameraEvent(at=1.0, camera=camera, kind=EventKind.LEFT).model_dump_json() for camera in ("hall", "door")]
    values = [[b"%d-0" % number, b"event", text.encode()] for number, text in enumerate([*events, "?"])]
    kept = ErasedCameras(redis, MADE_AT).without(KeyPart(key=keys.EVENTS, type="stream", frames=True, values=values))
    assert kept.values == values[1:]


def test_an_erasure_of_jobs_is_none_of_a_camera(redis: Redis) -> None:
    AuditLog(redis).changed("erased", "key", "finished jobs of this key")
    AuditLog(redis).changed("revoked", "key", "camera hall")
    part = KeyPart(key=keys.HISTORIES, type="zset", frames=True, values=[[b"600", b"hall"]])
    assert ErasedCameras(redis, MADE_AT).known(part) == part
    AuditLog(redis).changed("erased", "", "camera hall")
    assert ErasedCameras(redis, MADE_AT).known(part).values == []
