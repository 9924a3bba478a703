"""The units in deploy/systemd, as data, and `systemd-analyze`, which looks at them without starting anything.

`make test` installs it where it is missing (``python -m support.units``).
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from support.programs import install_package, unavailable

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/systemd"
REMEDY = "Install it: apt-get install systemd"
PLACE = Path("etc/systemd/system")

Section = dict[str, list[str]]


def read(file: Path) -> dict[str, Section]:
    """Section → name → its values in order. Lines that end with a backslash go on."""
    sections: dict[str, Section] = {}
    current: Section = {}
    for line in file.read_text().replace("\\\n", "").splitlines():
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            current = sections.setdefault(heading[1], {})
        elif line and not line.startswith("#"):
            name, _, value = line.partition("=")
            current.setdefault(name, []).append(value)
    return sections


def services() -> dict[str, dict[str, Section]]:
    """Name → unit, of all services."""
    return {file.name: read(file) for file in sorted(FOLDER.glob("*.service"))}


def instance(name: str) -> str:
    """The name under which a unit is started: a template has an instance."""
    return name.replace("@.", "@1.")


def install_into(root: Path) -> Path:
    """Lay the units below a folder, with programs that can be executed where they say. Returns where they are."""
    place = root / PLACE
    shutil.copytree(FOLDER, place, ignore=shutil.ignore_patterns("install", "mien", "*.env", "30-*"))
    for program in {unit["Service"]["ExecStart"][0].split()[0] for unit in services().values()}:
        file = root / program.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("#!/bin/sh\n")
        file.chmod(0o755)
    return place


def analyze(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run `systemd-analyze`."""
    if shutil.which("systemd-analyze") is None:
        unavailable("systemd-analyze", REMEDY)
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False, timeout=60)


def main() -> int:
    """Make sure that it is there, where there is a way. Returns the exit status."""
    if shutil.which("systemd-analyze") is None and sys.platform == "linux":
        print("systemd-analyze is not here: installing it with apt-get.", flush=True)
        if not install_package("systemd"):
            print(f"It could not be installed: the tests behind it are skipped. {REMEDY}", flush=True)
    return 0  # on a build server the tests themselves fail


if __name__ == "__main__":
    sys.exit(main())
