"""The libraries that the page brings along, from npm: ``python -m support.vendor [VERSION]`` (`make vendor`)."""

import re
import shutil
import sys
import tempfile
from pathlib import Path

from support.npm import unpack

VENDOR = Path(__file__).parents[2] / "api/page/vendor"
FILES = {"dist/uPlot.esm.js": "uPlot.esm.js", "dist/uPlot.min.css": "uPlot.min.css", "LICENSE": "LICENSE.txt"}
"""Of uPlot's package → in the folder ``uplot``."""

_VERSION = re.compile(r"\| (\d+\.\d+\.\d+) \|")


def noted() -> str:
    """The version that README.md notes."""
    found = _VERSION.search((VENDOR / "README.md").read_text(encoding="utf-8"))
    assert found, "vendor/README.md notes no version"
    return found[1]


def fetch(version: str) -> None:
    """Put the files of this version into place, and note it."""
    with tempfile.TemporaryDirectory() as folder:
        package = unpack(f"uplot@{version}", Path(folder))
        for source, target in FILES.items():
            shutil.copyfile(package / source, VENDOR / "uplot" / target)
    readme = VENDOR / "README.md"
    readme.write_text(_VERSION.sub(f"| {version} |", readme.read_text(encoding="utf-8"), count=1), encoding="utf-8")


if __name__ == "__main__":
    fetch(sys.argv[1] if len(sys.argv) > 1 else noted())
