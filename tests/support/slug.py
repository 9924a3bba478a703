"""What Heroku would make of the repository: tracked files, less those that `.slugignore` names, and libraries alone."""

import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]


def copy_slug(folder: Path) -> Path:
    """Copy them to a folder that does not exist yet."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    left_out = [line.lstrip("/") for line in (ROOT / ".slugignore").read_text().splitlines() if line]
    for name in filter(None, listed.split("\0")):
        if any(name == one or name.startswith(f"{one}/") for one in left_out) or not (ROOT / name).is_file():
            continue
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    return folder


def python_without_mien(folder: Path) -> Path:
    """Make an environment with the libraries of this one, as links, but without Mien, which a slug does not install.

    Returns:
        The folder of its programs, which has ``python``.
    """
    venv.create(folder, symlinks=True)
    names = {"base": str(folder), "platbase": str(folder)}
    there = Path(sysconfig.get_path("purelib", "venv", names))
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith(("mien-", "__editable__")) and not (there / entry.name).exists():
            (there / entry.name).symlink_to(entry)
    return folder / Path(sys.executable).parent.name
