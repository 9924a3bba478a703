"""Machines with GPUs, as their ``nvidia-smi`` tells of them: a program that stands in for it, first on PATH."""

from pathlib import Path
from typing import Final

PROGRAM: Final = Path(__file__).parent / "gpu/nvidia-smi"
FIELDS: Final = (
    *("index", "uuid", "name", "driver_version", "memory.total", "memory.used", "utilization.gpu"),
    *("temperature.gpu", "power.draw"),
)
NO_DRIVER: Final = (
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA "
    "driver is installed and running.\n"
)


def uuid(number: int) -> str:
    """Of the GPU of this number."""
    return f"GPU-{number}a1b2c3d-0000-4000-8000-00000000000{number}"


class NvidiaSmi:
    """The program in a folder, and what it answers."""

    def __init__(self, folder: Path) -> None:
        """Put it there; it finds no GPU yet."""
        self._folder = folder
        self.program = folder / "nvidia-smi"
        self.program.symlink_to(PROGRAM)
        self.has()

    def has(self, *gpus: dict[str, str]) -> None:
        """From now on there are these GPUs: fields that are other than by default."""
        lines = [", ".join((self._default(number) | gpu)[field] for field in FIELDS) for number, gpu in enumerate(gpus)]
        new = self._folder / "gpus.csv.new"
        new.write_text("\n".join([", ".join(FIELDS), *lines]) + "\n")
        new.rename(self._folder / "gpus.csv")  # whoever asks meanwhile reads the one or the other

    def fails(self, status: int, prints: str) -> None:
        """From now on it fails."""
        (self._folder / "fails").write_text(f"{status}\n{prints}")

    def hangs(self) -> None:
        """From now on it does not answer."""
        (self._folder / "hangs").touch()

    def answers(self) -> None:
        """It neither hangs nor fails any more."""
        for name in ("hangs", "fails"):
            (self._folder / name).unlink(missing_ok=True)

    def asked(self) -> list[str]:
        """The command lines so far."""
        file = self._folder / "asked"
        return file.read_text().splitlines() if file.exists() else []

    @staticmethod
    def _default(number: int) -> dict[str, str]:
        values = (str(number), uuid(number), "NVIDIA H200", "570.86.15", "143771", "4", "0", "31", "76.52")
        return dict(zip(FIELDS, values, strict=True))
