"""``python -m support.batch_worker``: a worker that takes many images at once, without Keras, and may be held in one.

As long as the FIFO is there that `FIFO` names, a batch with the image `HELD` waits, once all of it is decoded, until
somebody has opened the FIFO to write, and closed it; if something was written, that is why the device is lost.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import models
from contracts.process import run_process
from contracts.results import Analysis
from models.batching import DeviceLost
from support.batching import OneByOne, image
from workers.__main__ import run

FIFO: Final = "BATCH_WORKER_FIFO"
"""The variable of the environment with its path."""
HELD: Final = image(255)
LARGEST: Final = 8


class Held(OneByOne):
    """Can be held."""

    def analyze_images(self, images: Sequence[bytes], *args: Any, **options: Any) -> list[Analysis | Exception]:
        """As the base has it, and then wait."""
        found = super().analyze_images(images, *args, **options)
        fifo = Path(os.environ[FIFO])
        if HELD in images and fifo.exists() and (why := fifo.read_text()):
            raise DeviceLost(why)
        return found


def main() -> int:
    """Run the worker. Returns the exit status."""
    load = models.load_analyzer
    models.load_analyzer = lambda **options: Held(load(**options), largest=LARGEST)
    return run_process("worker", run)


if __name__ == "__main__":
    sys.exit(main())
