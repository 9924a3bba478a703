"""The last release, run from its own code beside that of the working tree, by the same interpreter and libraries.

When a release has been made, `COMMIT` and `VERSION` become its own, so that the next one is held against it: see
*Releases* in CONTRIBUTING.md.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Final

import psutil

from support.programs import unavailable

COMMIT: Final = "23ddfb91f3b6e875f566ca1b3dd3f2fa6df2326e"
VERSION: Final = "0.3.0"

WORKING_TREE: Final = Path(__file__).parents[2]
_WITNESS: Final = Path(__file__).parent / "witness"


def unpack_last_release(folder: Path) -> Path:
    """The last release's files as they were committed, below this folder."""
    here = ["git", "-C", str(WORKING_TREE)]
    if subprocess.run([*here, "cat-file", "-e", COMMIT], capture_output=True, check=False).returncode:
        unavailable(f"The last release, {VERSION}", f"Fetch its commit: git fetch --tags --unshallow ({COMMIT}).")
    packed, code = folder / "last-release.tar", folder / f"mien-{VERSION}"
    code.mkdir()
    subprocess.run([*here, "archive", "--output", str(packed), COMMIT], check=True)
    subprocess.run(["tar", "-xf", str(packed), "-C", str(code)], check=True)
    return code


def environment_of(code: Path, witnessed: Path) -> dict[str, str]:
    """What a process's environment has, so that it runs this code; it has to be started in that folder, too.

    `PYTHONPATH` goes before what is installed, which is the working tree. Coverage counts nothing of these processes.

    Args:
        code: a folder with Mien's packages.
        witnessed: where each process writes down which code it found.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("COVERAGE_", "MIEN_"))}
    path = os.pathsep.join((str(_WITNESS), str(code)))
    return kept | {"PYTHONPATH": path, "PYTHONSAFEPATH": "1", "CODE_WITNESS": str(witnessed)}


def code_of(pid: int, witnessed: Path) -> set[Path]:
    """The folders from which this process and the Pythons that it has started took Mien's packages."""
    folders = set[Path]()
    for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
        seen = witnessed / f"{process.pid}.json"
        if seen.exists():  # a fork has its parent's code, and starts no Python
            folders |= {Path(origin).parents[1] for origin in json.loads(seen.read_text(encoding="utf-8")).values()}
    return folders
