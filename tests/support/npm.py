"""Packages of npm, for tests and for the libraries of the page."""

import os
import subprocess
import tarfile
from pathlib import Path

from support.programs import NPM

PATIENCE_S = 120
"""For one command of npm."""


class NpmUnavailable(Exception):
    """The registry did not answer, or has no such package."""


def unpack(package: str, folder: Path) -> Path:
    """Fetch one package, such as ``axe-core@4.14.1``, run nothing of it, and unpack it.

    Returns:
        The folder with its files.

    Raises:
        NpmUnavailable: it cannot be had.
    """
    command = [*NPM, "pack", "--silent", "--fetch-retries=0", "--pack-destination", str(folder), package]
    try:
        done = subprocess.run(
            command, env=os.environ, capture_output=True, text=True, check=False, timeout=PATIENCE_S, cwd=folder
        )
    except subprocess.TimeoutExpired as error:
        raise NpmUnavailable(f"The registry of npm has not answered within {PATIENCE_S} s.") from error
    if done.returncode:
        raise NpmUnavailable(f"{package} cannot be had from npm: {' '.join(done.stderr.split())[:200]}")
    with tarfile.open(folder / done.stdout.split()[-1]) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"
