"""The schema of cloud-init's user data, out of Debian's package. That is not installed: it would act at the next boot.
So it takes no root, where the lists of packages are there.

`make test` fetches it (``python -m support.cloud_init``).
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from support.programs import succeeds, unavailable

FILE = Path(sys.prefix) / "share/cloud-init-schema.json"
REMEDY = "Fetch it on Debian or Ubuntu: PYTHONPATH=tests .venv/bin/python -m support.cloud_init"


def schema() -> dict[str, Any]:
    """The schema."""
    if not FILE.exists():
        unavailable("cloud-init's schema", REMEDY)
    return dict(json.loads(FILE.read_text()))


def main() -> int:
    """Fetch it, where there is a way. Returns the exit status."""
    if not FILE.exists() and shutil.which("apt-get"):
        print("cloud-init's schema is not here: fetching it with apt-get.", flush=True)
        _fetch()
    if not FILE.exists():
        print(f"cloud-init's schema could not be had: the test of it is skipped. {REMEDY}", flush=True)
    return 0  # on a build server the test itself fails


def _fetch() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for first in (["true"], ["apt-get", "update"]):
            fetched = (
                succeeds(first)
                and not subprocess.run(
                    ["apt-get", "download", "cloud-init"], cwd=folder, capture_output=True, check=False, timeout=120
                ).returncode
            )
            if fetched:
                break
        for package in Path(folder).glob("*.deb"):
            if succeeds(["dpkg", "-x", str(package), folder]):
                (found,) = Path(folder).rglob("schema-cloud-config-v1.json")
                FILE.parent.mkdir(exist_ok=True)
                FILE.write_bytes(found.read_bytes())


if __name__ == "__main__":
    sys.exit(main())
