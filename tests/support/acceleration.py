"""How tests use their device, a processor: batches of up to 4, for each size takes seconds to compile."""

from typing import Final

from models.runtimes import Acceleration

ACCELERATION: Final = Acceleration("float32", batch_images=4)
