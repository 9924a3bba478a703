"""Views of live cameras in Redis: which are wanted, and the newest picture of each."""

from collections.abc import Callable, Collection, Mapping
from typing import Final, NamedTuple

from redis import Redis

from contracts.frames import CameraOptions, FrameStamp
from contracts.storage import keys
from contracts.storage.connections import translate_errors
from contracts.storage.records import read_record
from contracts.storage.scripts import load_script
from contracts.views import DEFAULT, Variant, View

MOST_VARIANTS: Final = 6
"""Of a camera, in which it is shown at the same time; each costs a worker an encoding a frame, some milliseconds."""


class Newest(NamedTuple):
    """What is known of a camera's newest frame, without its picture."""

    stamp: FrameStamp
    captured_at: float
    """Seconds since 1970."""
    options: CameraOptions


class Views(NamedTuple):
    """Views of a camera as they were at one moment."""

    newest: Newest | None
    """None if there has been no frame for `frame_ttl_s`."""
    by_variant: Mapping[Variant, View]


class ViewStore:
    """The newest picture a camera and variant; made only while somebody wants it."""

    def __init__(self, redis: Redis, ttl_s: float, steps_clock: Callable[[], object]) -> None:
        """Use the frame Redis.

        Args:
            redis: the server.
            ttl_s: for how long a picture is kept, and what is wanted is, in seconds.
            steps_clock: what scripts are given as the time.
        """
        self._redis, self._ttl_s, self._steps_clock = redis, ttl_s, steps_clock
        self._want, self._wanted = load_script(redis, "want"), load_script(redis, "wanted")
        self._put_views = load_script(redis, "put_views")

    def want(self, camera: str, variants: Collection[Variant]) -> set[Variant]:
        """Say that there are viewers for these variants, for the next `ttl_s`.

        Returns:
            Those that are made: not all, if the camera is shown in `MOST_VARIANTS` others.
        """
        args = [self._steps_clock(), self._ttl_s, MOST_VARIANTS, DEFAULT.text, *(variant.text for variant in variants)]
        with translate_errors():
            made = {name.decode() for name in self._want(keys=[keys.wanted(camera), keys.watched(camera)], args=args)}
        return {variant for variant in variants if variant.text in made}

    def wanted(self, camera: str) -> dict[Variant, float]:
        """What any gateway has viewers for → when the next picture is due, in seconds since 1970."""
        names = [keys.wanted(camera), keys.watched(camera), keys.view(camera)]
        with translate_errors():
            found = self._wanted(keys=names, args=[self._steps_clock(), DEFAULT.text])
        pairs = zip(found[::2], found[1::2], strict=True)
        variants = {Variant.parse(name.decode()): float(due) for name, due in pairs}
        return {variant: due for variant, due in variants.items() if variant is not None}  # else of a newer version

    def put(self, camera: str, views: Mapping[Variant, View], mark: str) -> bool:
        """Store the views that show one frame, and announce them.

        Args:
            camera: whose they are.
            views: of the same frame, one at least.
            mark: of the frame.

        Returns:
            False if there are later ones, or were; as `FrameStore.put_result`.
        """
        names = [keys.view(camera), keys.taken(camera), *(_key(camera, variant) for variant in views)]
        values = [_values(view) for view in views.values()]
        stamp = next(iter(views.values())).stamp
        announced = " ".join([str(stamp.sequence), *(variant.text for variant in views)])
        args = [*stamp, int(1000 * self._ttl_s), keys.views_channel(camera), mark, announced, len(values[0])]
        with translate_errors():
            return bool(self._put_views(keys=names, args=[*args, *(part for one in values for part in one)]))

    def get(self, camera: str, variants: Collection[Variant]) -> Views:
        """The newest picture of each of these variants that there is one of, in one round trip.

        Raises:
            RecordUnreadable: the options of the newest frame are of a newer version; it may have to be blurred.
        """
        with translate_errors(), self._redis.pipeline(transaction=True) as pipe:
            pipe.hmget(keys.frame(camera), "epoch", "sequence", "captured_at", "options")
            for variant in variants:
                pipe.hgetall(_key(camera, variant))
            frame, *found = pipe.execute()
        views = {variant: _view(fields) for variant, fields in zip(variants, found, strict=True) if fields}
        return Views(_newest(camera, frame) if frame[0] else None, views)

    def names(self, camera: str) -> list[str]:
        """Keys of all that is kept of a camera here."""
        views = [_key(camera, variant) for variant in self.wanted(camera)]
        return [keys.wanted(camera), keys.watched(camera), keys.view(camera), *views]


def announced(text: str) -> set[Variant]:
    """The variants of which a message says that there are new views; workers of versions before name none."""
    found = {Variant.parse(name) for name in text.split()[1:]}
    return {variant for variant in found if variant is not None} or {DEFAULT}


def _newest(camera: str, frame: list[bytes | None]) -> Newest:
    epoch, sequence, captured_at, options = frame
    name = f"What is to be done with frames of camera {camera}"
    read = read_record(CameraOptions, options, name) if options else CameraOptions()
    return Newest(FrameStamp(int(epoch or 0), int(sequence or 0)), float(captured_at or 0), read)


def _key(camera: str, variant: Variant) -> str:
    return keys.view(camera if variant == DEFAULT else f"{camera}:{variant.text}")


def _values(view: View) -> list[object]:
    fields: dict[str, object] = {
        "captured_at": view.captured_at,
        "jpeg": view.jpeg,
        "model": view.model,
        "result": view.result,
        "due": view.due,
        "made": _made(view.stamp, blurred=view.blurred),
    }
    return [part for pair in fields.items() for part in pair]


def _made(stamp: FrameStamp, *, blurred: bool) -> bytes:
    """What is believed of the fields that a worker of a version before leaves as they are when it writes its own."""
    return b"%d %d %d" % (*stamp, blurred)


def _view(fields: Mapping[bytes, bytes]) -> View:
    stamp, made = FrameStamp(int(fields[b"epoch"]), int(fields[b"sequence"])), fields.get(b"made")
    view = View(stamp, float(fields[b"captured_at"]), fields[b"jpeg"], fields.get(b"model", b"").decode())
    blurred = made == _made(stamp, blurred=True)
    if not blurred and made != _made(stamp, blurred=False):
        return view
    return view._replace(blurred=blurred, result=fields[b"result"], due=float(fields[b"due"]))
