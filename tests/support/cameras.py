"""Many cameras in one thread of the test, so that a wall of them costs no process each."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from redis import Redis

from contracts.frames import Frame, FrameStamp
from contracts.settings import Settings
from contracts.storage.dispatch import Dispatcher
from contracts.storage.frames import FrameStore


@contextmanager
def publishing(redis: Redis, settings: Settings, names: Sequence[str], jpeg: bytes, *, fps: float) -> Iterator[None]:
    """Each of these cameras shows the same picture, and has it analysed, `fps` times a second, until the block ends."""
    ended = threading.Event()
    thread = threading.Thread(target=_publish, args=(redis, settings, names, jpeg, 1 / fps, ended))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _publish(
    redis: Redis, settings: Settings, names: Sequence[str], jpeg: bytes, every_s: float, ended: threading.Event
) -> None:
    frames, dispatcher = FrameStore(redis, settings), Dispatcher(settings)
    stamps = {name: frames.begin(name) for name in names}
    try:
        while not ended.wait(every_s):
            for name, before in stamps.items():
                stamp = stamps[name] = FrameStamp(before.epoch, before.sequence + 1)
                token = f"{stamp.epoch}-{stamp.sequence}"
                if frames.publish(Frame(name, stamp, time.time(), jpeg)) and frames.reserve_request(name, token):
                    dispatcher.frame(name, token)
    finally:
        dispatcher.close()
