"""A small disk of its own, which a test may fill, and whose power it may cut."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from support.programs import unavailable

_BYTES: Final = 64_000_000


class Disk:
    """A file system on a loop device: its image has what was synced, and not what the kernel still holds."""

    def __init__(self, folder: Path) -> None:
        """Make it, and mount it at `path`.

        Args:
            folder: holds the image.
        """
        self.path, self._image = folder / "disk", folder / "disk.img"
        self._ballast = self.path / "ballast"
        self.path.mkdir(parents=True)
        with self._image.open("wb") as image:
            image.truncate(_BYTES)
        try:
            subprocess.run(["mkfs.ext4", "-q", "-F", str(self._image)], check=True, capture_output=True)
            self._mount()
        except (OSError, subprocess.CalledProcessError):
            unavailable("A disk on a loop device", "Run as root on Linux, with e2fsprogs.")

    def sync(self) -> None:
        """Write all that the kernel holds."""
        subprocess.run(["sync", "-f", str(self.path)], check=True)

    def photograph(self) -> None:
        """Keep what a power cut at this moment would leave."""
        shutil.copyfile(self._image, self._image.with_suffix(".cut"))

    def come_back(self) -> None:
        """Be as in the photograph; nothing may use it just now."""
        self._unmount()
        self._image.with_suffix(".cut").rename(self._image)
        self._mount()

    def fill(self, left: int) -> None:
        """Take all but so many bytes of it."""
        free = os.statvfs(self.path)
        with self._ballast.open("wb") as ballast:
            os.posix_fallocate(ballast.fileno(), 0, free.f_bavail * free.f_bsize - left)

    def clear(self) -> None:
        """Give back what was taken."""
        self._ballast.unlink()

    def close(self) -> None:
        """Remove it."""
        self._unmount()
        self._image.unlink()

    def _mount(self) -> None:
        subprocess.run(["mount", "-o", "loop", str(self._image), str(self.path)], check=True, capture_output=True)

    def _unmount(self) -> None:
        subprocess.run(["umount", str(self.path)], check=True, capture_output=True)
