"""Decoding in processes of their own, so that an image that breaks a decoder breaks nothing else.

Decoders of unusual formats have had bugs that end the process. A worker that decodes in a child loses the child: the
image is refused and its neighbours do not notice.

The parent writes an image to memory that both map and sends a `REQUEST`; the child writes the pixels behind it and
sends an `ANSWER`.
"""

import mmap
import os
import queue
import selectors
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Sequence
from contextlib import suppress
from struct import Struct
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from contracts.errors import CorruptImage

REQUEST: Final = Struct("=QQiQd")
"""Bytes of the image, most pixels of the picture, flags, bytes of the mapping, seconds of CPU."""
HEIC: Final = -2
"""Instead of flags of `cv2.imdecode`, which are -1 and more: another library decodes it."""
AVIF: Final = -3
READY: Final = b"R"
"""What the child says before all else."""
ANSWER: Final = Struct("=II")
"""Height and width of the picture; zeros if the data cannot be decoded."""

_CPU_S: Final = 1.8
"""Of a child for an image. With what its parent does beside it, no file takes more than 2 s."""
_WALL_S: Final = 60.0
"""For a child on a machine that has little time for it; also to start."""
SHARED_BYTES: Final = 8 * 2**20
"""Memory that is mapped for as long as a child lives; what a larger image needs is mapped for it alone."""
_CHILD: Final = (sys.executable, "-m", "models.images.decoder_child")


class DecoderProcess:
    """One child process. For one thread at a time."""

    def __init__(self, command: Sequence[str] = _CHILD, *, cpu_s: float = _CPU_S, wall_s: float = _WALL_S) -> None:
        """Start the child; it is ready when it answers.

        Args:
            command: what to run; the number of the shared file's descriptor is appended.
            cpu_s: seconds of CPU time that one image may take.
            wall_s: seconds that it may take by the clock.
        """
        self._cpu_s, self._wall_s, self._ready = cpu_s, wall_s, False
        # Has no name, so it ends with its processes.
        self._file = tempfile.TemporaryFile(prefix="mien-decoder-")  # noqa: SIM115
        descriptor = self._file.fileno()
        os.ftruncate(descriptor, SHARED_BYTES)
        self._memory = mmap.mmap(descriptor, SHARED_BYTES)
        self._child = subprocess.Popen(  # noqa: S603
            [*command, str(descriptor)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # decoders remark on every damage; a log is not for strangers to fill
            bufsize=0,
            pass_fds=(descriptor,),
            env={"PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)},  # no secrets in it
        )

    def decode(self, data: bytes, flags: int, most_pixels: int) -> npt.NDArray[np.uint8]:
        """Decode an image as `cv2.imdecode` does.

        Args:
            data: the image.
            flags: of `cv2.imdecode`, three channels must come of them; or `HEIC` or `AVIF`.
            most_pixels: of the picture, by the image's header.

        Returns:
            uint8 [height, width, 3], blue first.

        Raises:
            CorruptImage: the data cannot be decoded, within the limits of memory and time or at all.
        """
        needed = len(data) + 3 * most_pixels
        if needed <= SHARED_BYTES:
            return self._decode(self._memory, data, flags, most_pixels)
        descriptor = self._file.fileno()
        os.ftruncate(descriptor, needed)
        try:
            with mmap.mmap(descriptor, needed) as larger:
                return self._decode(larger, data, flags, most_pixels)
        finally:
            if not self._file.closed:  # as it is when the child has died over the image
                os.ftruncate(descriptor, SHARED_BYTES)

    def _decode(self, memory: mmap.mmap, data: bytes, flags: int, most_pixels: int) -> npt.NDArray[np.uint8]:
        memory[: len(data)] = data
        height, width = self._ask(REQUEST.pack(len(data), most_pixels, flags, len(memory), self._cpu_s))
        if not height or 3 * height * width > len(memory) - len(data):
            raise CorruptImage("The image data is damaged and cannot be decoded.")
        pixels = np.empty((height, width, 3), np.uint8)
        pixels.reshape(-1)[:] = np.frombuffer(memory, np.uint8, pixels.size, len(data))
        return pixels

    @property
    def pid(self) -> int:
        """Of the child."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether the child can take another image."""
        return self._child.poll() is None

    def close(self) -> None:
        """End the child."""
        self._child.kill()
        self._child.wait()
        for part in (self._child.stdin, self._child.stdout, self._memory, self._file):
            if part is not None:
                part.close()

    def _ask(self, request: bytes) -> tuple[int, int]:
        if not self._ready:
            self._ready = self._hear(len(READY), _WALL_S) == READY
        assert self._child.stdin is not None  # noqa: S101
        with suppress(BrokenPipeError):  # a child that is dead has closed its output, too
            self._child.stdin.write(request)
        answer = self._hear(ANSWER.size, self._wall_s)
        if len(answer) == ANSWER.size:
            height, width = ANSWER.unpack(answer)
            return height, width
        self.close()
        raise CorruptImage("The image breaks the program that decodes it, or takes it too long.")

    def _hear(self, size: int, seconds: float) -> bytes:
        """What the child says; less than was asked for if it dies or takes longer."""
        assert self._child.stdout is not None  # noqa: S101
        with selectors.DefaultSelector() as selector:
            selector.register(self._child.stdout, selectors.EVENT_READ)
            if not selector.select(seconds):
                return b""
        return self._child.stdout.read(size) or b""


class DecoderPool:
    """As many child processes as threads decode at once, started when they are needed. For any number of threads."""

    def __init__(self, command: Sequence[str] = _CHILD) -> None:
        """Start nothing yet; ``command`` is that of `DecoderProcess`."""
        self._command = command
        self._idle: queue.LifoQueue[DecoderProcess] = queue.LifoQueue()
        self._closed = threading.Event()
        self._end_idle = weakref.finalize(self, _close_all, self._idle)

    def decode(self, data: bytes, flags: int, most_pixels: int) -> npt.NDArray[np.uint8]:
        """Decode in a child; arguments, result and errors are those of `DecoderProcess.decode`."""
        child = self._take()
        try:
            return child.decode(data, flags, most_pixels)
        finally:
            if child.alive and not self._closed.is_set():
                self._idle.put(child)
            else:
                child.close()

    def _take(self) -> DecoderProcess:
        while True:
            try:
                child = self._idle.get_nowait()
            except queue.Empty:
                return DecoderProcess(self._command)
            if child.alive:
                return child
            child.close()

    def close(self) -> None:
        """End all children; those at work end with their image."""
        self._closed.set()
        self._end_idle()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _close_all(idle: "queue.LifoQueue[DecoderProcess]") -> None:
    with suppress(queue.Empty):
        while True:
            idle.get_nowait().close()
