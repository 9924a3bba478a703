"""A process that decodes images for another one: ``python -m models.images.decoder_child``.

It says that it is ready, then reads one request after another from its standard input and answers each on its
standard output, by the layout in `models.images.decoder_process`, which starts it. The bytes of images and pixels stand
in memory that both processes map. It ends when its input does, so it never outlives its parent.
"""

import mmap
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from models.images.decoder_process import ANSWER, AVIF, HEIC, READY, REQUEST, SHARED_BYTES

Bytes = npt.NDArray[np.uint8]
Decode = Callable[[Bytes, int, Bytes], tuple[int, int]]
"""Takes an image, flags, and the buffer for its pixels; gives height and width, zeros for what cannot be decoded."""

_SPARE_BYTES: Final = 64 * 2**20
_BYTES_A_PIXEL: Final = 16
"""Of a decoder's own memory: a progressive JPEG holds all its coefficients, 6 bytes a pixel, beside its output."""


def main() -> None:
    """Answer requests until there are no more."""
    cv2.setNumThreads(1)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    descriptor = int(sys.argv[1])
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    memory = mmap.mmap(descriptor, SHARED_BYTES)
    stdout.write(READY)
    stdout.flush()
    while len(packed := stdin.read(REQUEST.size)) == REQUEST.size:
        stored, pixels, flags, shared, cpu_s = REQUEST.unpack(packed)
        if shared == SHARED_BYTES:
            answer = _decode(memory, stored, pixels, flags, cpu_s)
        else:
            with mmap.mmap(descriptor, shared) as larger:
                answer = _decode(larger, stored, pixels, flags, cpu_s)
        stdout.write(ANSWER.pack(*answer))
        stdout.flush()


def _decode(memory: mmap.mmap, stored: int, pixels: int, flags: int, cpu_s: float) -> tuple[int, int]:
    """Decode what stands at the beginning of the memory and write the pixels behind it.

    Returns:
        Height and width of the picture; zeros for data that cannot be decoded.
    """
    decode = _decoder(flags)
    _limit(_SPARE_BYTES + _BYTES_A_PIXEL * pixels)
    view = memoryview(memory)
    data, buffer = np.frombuffer(view[:stored], np.uint8), np.frombuffer(view[stored:], np.uint8)
    try:
        signal.setitimer(signal.ITIMER_PROF, cpu_s)  # SIGPROF, which nothing handles, ends the process
        return decode(data, flags, buffer)
    except (cv2.error, MemoryError):
        return 0, 0
    finally:
        _unlimit()
        signal.setitimer(signal.ITIMER_PROF, 0)
        del data, buffer, view  # the mapping cannot be closed while anything looks into it


def _decoder(flags: int) -> Decode:
    """Choose what decodes; the libraries for HEIC and AVIF are loaded before the first of them, outside its limits."""
    if flags not in (HEIC, AVIF):
        return _decode_usual
    from models.images.heif_decoding import decode_heif

    return lambda data, kind, buffer: decode_heif(data.tobytes(), kind, buffer)


def _decode_usual(data: Bytes, flags: int, buffer: Bytes) -> tuple[int, int]:
    decoded = cv2.imdecode(data, flags)
    if decoded is None or decoded.nbytes > len(buffer):
        return 0, 0
    buffer[: decoded.nbytes] = decoded.reshape(-1)
    return decoded.shape[0], decoded.shape[1]


def _limit(spare: int) -> None:
    """Let this process take so many bytes more than it has now. Only Linux heeds such a limit."""
    with suppress(OSError, ValueError):
        statistics = Path("/proc/self/statm").read_text(encoding="ascii")
        taken = int(statistics.split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (taken + spare, resource.RLIM_INFINITY))


def _unlimit() -> None:
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
