"""Hold the lock files against a database of known vulnerabilities: ``python -m deploy.audit``, or ``make audit``.

The developers' file is asked about, because it has every package of the others, in the same version, and the one for
graphics cards, which has CUDA's besides. Where the database cannot be reached nothing is known, and that is said; it is
no failure, because it says nothing about the packages.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
COMMAND = (
    sys.executable,
    "-m",
    "pip_audit",
    "--requirement=requirements/dev.txt",
    "--requirement=requirements/gpu.txt",
    "--require-hashes",
    "--disable-pip",
    "--progress-spinner=off",
    "--format=json",
)


def main(argv: list[str] | None = None) -> int:
    """Audit, and say what was found. Returns the exit status: 1 for a vulnerability."""
    argparse.ArgumentParser(prog="python -m deploy.audit", description="Look for known vulnerabilities.").parse_args(
        argv
    )
    done = subprocess.run(COMMAND, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        reason = (done.stderr.strip().splitlines() or [f"pip-audit ended with status {done.returncode}."])[-1]
        return _unknown(f"Nothing was audited. {reason}")
    return _verdict(packages)


def _verdict(packages: list[dict[str, Any]]) -> int:
    """Print what is known of the packages. Returns the exit status."""
    known = [package for package in packages if "skip_reason" not in package]
    faults = [(package, fault) for package in known for fault in package["vulns"]]
    for package, fault in faults:
        mended = ", ".join(fault["fix_versions"]) or "no version"
        print(f"{package['name']} {package['version']}: {fault['id']}, mended in {mended}.")
    if faults:
        return 1
    if len(known) < len(packages):
        missing = len(packages) - len(known)
        return _unknown(f"The database knows nothing of {missing} of {len(packages)} packages, or cannot be reached.")
    print(f"No known vulnerability in {len(known)} packages.")
    return 0


def _unknown(sentence: str) -> int:
    print(sentence)
    return 0


if __name__ == "__main__":
    sys.exit(main())
