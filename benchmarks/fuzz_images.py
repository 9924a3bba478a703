"""Hundreds of thousands of damaged images of every format, decoded as a worker decodes them.

    python -m benchmarks.fuzz_images [--count 250000] [--seed 1] [--jobs 2]

Every image is either decoded or refused with an error of Mien's; the process that decodes never ends by a signal, and
none takes longer than `MOST_CPU_S`. Images whose children die are counted: they are what the children are there for.
`make fuzz-images` runs it; the tests have a small version.
"""

import argparse
import io
import json
import random
import subprocess
import sys
import time
import zlib
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, Final

import numpy as np
from PIL import Image

from benchmarks.heic import heic
from contracts.errors import InvalidImage
from models.images.decode import EncodedImage
from models.images.decoder_process import DecoderPool

MOST_CPU_S: Final = 2.0
"""Of the process that decodes plain JPEGs and asks children for the others; children have a limit of their own."""
_MAX_PIXELS: Final = 4_000_000
"""So that sizes are damaged to something that is still decoded."""
_BATCH: Final = 5000
_EXTREMES: Final = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xF0000000, 0xFFFFFFFF)


@cache
def seeds() -> tuple[bytes, ...]:
    """Small sound images of every format and of the options that decoders have code of their own for, made once."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "maker"
    colours = np.zeros((48, 64, 3), np.uint8)
    colours[:24, :32], colours[:24, 32:], colours[24:, :32] = (200, 30, 0), (0, 200, 90), (60, 0, 200)
    plain = Image.fromarray(colours)
    frames: dict[str, Any] = {"save_all": True, "append_images": [plain.rotate(90), plain.rotate(180)]}
    kinds: list[tuple[str, Image.Image, dict[str, Any]]] = [
        ("JPEG", plain, {}),
        ("JPEG", plain, {"progressive": True, "exif": exif}),
        ("JPEG", plain, {"exif": exif, "restart_marker_blocks": 1, "subsampling": 2}),
        ("JPEG", plain.convert("L"), {}),
        ("JPEG", plain.convert("CMYK"), {}),
        ("PNG", plain, {"exif": exif}),
        ("PNG", plain.convert("P"), {"transparency": 0}),
        ("PNG", plain.convert("RGBA"), {}),
        ("PNG", plain.convert("1"), {}),
        ("PNG", plain.convert("I;16"), {}),
        ("PNG", plain, frames),
        ("WEBP", plain, {}),
        ("WEBP", plain, {"lossless": True, "exif": exif}),
        ("WEBP", plain.convert("RGBA"), {"icc_profile": bytes(50)}),
        ("WEBP", plain, frames),
        ("AVIF", plain, {"exif": exif}),
        ("AVIF", plain.convert("RGBA"), {"subsampling": "4:4:4"}),
        ("AVIF", plain, frames),
    ]
    tiff = exif.tobytes()[6:]
    files = [heic(2, 1, orientation=6, exif=tiff)]
    for kind, image, options in kinds:
        buffer = io.BytesIO()
        image.save(buffer, kind, **options)
        files.append(buffer.getvalue())
    return tuple(files)


def damaged(files: Sequence[bytes], dice: random.Random) -> bytes:
    """One of the files, changed in one to four places."""
    data = bytearray(dice.choice(files))
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        place = dice.randrange(len(data)) if data else 0
        match dice.randrange(6):
            case 0 | 1:
                size = dice.choice((1, 2, 4))
                number = dice.choice(_EXTREMES) & (256**size - 1)
                data[place : place + size] = number.to_bytes(size, dice.choice(("big", "little")))
            case 2:
                data[place : place + 1] = bytes([dice.randrange(256)])
            case 3:
                del data[place : place + dice.choice((1, 4, 12, 100))]
            case 4:
                data[place:place] = data[dice.randrange(len(data) + 1) :][: dice.choice((1, 8, 64, 400))]
            case _:
                data[place:] = dice.choice(files)[place:] if dice.random() < 0.5 else b""
    return with_checksums(bytes(data)) if dice.random() < 0.7 else bytes(data)


def with_checksums(data: bytes) -> bytes:
    """The file with the checksums of its PNG chunks made right, so that more than a checksum is tried."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return data
    parts, position = [data[:8]], 8
    while position + 12 <= len(data):
        end = position + 8 + int.from_bytes(data[position : position + 4], "big")
        if end + 4 > len(data):
            break
        parts += [data[position:end], zlib.crc32(data[position + 4 : end]).to_bytes(4, "big")]
        position = end + 4
    return b"".join([*parts, data[position:]])


def decode_batch(seed: int, begin: int, count: int) -> dict[str, int]:
    """Decode images ``begin`` to ``begin + count`` of a seed.

    Returns:
        How often each outcome came: ``decoded``, the code of an error, ``broke a child``, ``slow``.
    """
    files, outcomes = seeds(), Counter[str]()
    with DecoderPool() as children:
        for index in range(begin, begin + count):
            data = damaged(files, random.Random(f"{seed}/{index}"))
            begun = time.process_time()
            try:
                EncodedImage(data, _MAX_PIXELS, children).decode()
                outcomes["decoded"] += 1
            except InvalidImage as error:
                outcomes["broke a child" if "breaks the program" in str(error) else error.code] += 1
            if time.process_time() - begun > MOST_CPU_S:
                outcomes["slow"] += 1
                outcomes[f"slow: image {index}"] += 1
    return dict(outcomes)


def _batch_elsewhere(seed: int, begin: int, count: int) -> Counter[str]:
    command = [sys.executable, "-m", "benchmarks.fuzz_images", "--seed", str(seed), "--batch", str(begin), str(count)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    if ended.returncode:
        print(f"images {begin} to {begin + count} of seed {seed}: ended with {ended.returncode}", file=sys.stderr)
        return Counter({"ended the process": 1})
    return Counter(json.loads(ended.stdout))


def main() -> int:
    """Run it. Returns 1 if anything but decoding and refusing happened."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=250_000, help="images; default: %(default)s")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="processes; default: %(default)s")
    parser.add_argument("--batch", type=int, nargs=2, metavar=("BEGIN", "COUNT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.batch:
        print(json.dumps(decode_batch(arguments.seed, *arguments.batch)))
        return 0
    begun, batches = time.monotonic(), range(0, arguments.count, _BATCH)
    with ThreadPoolExecutor(arguments.jobs) as threads:
        parts = threads.map(
            lambda begin: _batch_elsewhere(arguments.seed, begin, min(_BATCH, arguments.count - begin)), batches
        )
        outcomes = sum(parts, Counter[str]())
    for outcome, count in outcomes.most_common():
        print(f"{count:9,}  {outcome}")
    print(f"{time.monotonic() - begun:.0f} s")
    return any(outcome.startswith(("slow", "ended")) for outcome in outcomes)


if __name__ == "__main__":
    sys.exit(main())
