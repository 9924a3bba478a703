"""Write the lock files: ``python -m deploy.lock``, which is what ``make lock`` runs.

One file a role, for every platform and Python at once, with hashes and without the address of any registry. The
developers' file comes first and binds the others, so that a package has one version in all of them.
"""

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDER = Path("requirements")

EXTRAS = {
    "dev": ("dev",),
    "api": ("api",),
    "worker": ("worker",),
    "capture": ("capture",),
    "flower": ("flower",),
    "local": ("local",),
    "training": ("training",),
    "otel": ("otel",),
    "keras": ("keras",),
    "gpu": ("gpu",),
}
"""Lock file → extras of pyproject.toml that it holds."""

CUDA = "gpu"
"""Lock file with packages that the developers' one has not: TensorFlow with CUDA, in place of the one for CPUs."""

BUILD = "build"
"""Lock file and dependency group of what builds Mien itself; installed before it, so that a build fetches nothing."""

APART = "kubernetes"
"""Lock file and dependency group of checks that ask for versions of their own, installed apart from all else."""

_OPTIONS = [
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-header",
    "--quiet",
]


def main() -> int:
    """Write all files. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m deploy.lock", description="Write requirements/*.txt.")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that pyproject.toml allows")
    upgrade = ["--upgrade"] if parser.parse_args().upgrade else []
    for name in (*EXTRAS, BUILD, APART):
        subprocess.run([*command(name), *upgrade], cwd=ROOT, check=True)  # noqa: S603
    return 0


def command(name: str) -> list[str]:
    """The command that writes one file; run it in the root of the project, so that no path of yours gets in."""
    group = f"--group=pyproject.toml:{BUILD if name == 'dev' else name}"
    extras = [f"--extra={extra}" for extra in EXTRAS.get(name, ())]
    bound = [] if name in {"dev", APART} else [f"--constraint={FOLDER / 'dev.txt'}"]
    file = f"--output-file={FOLDER / name}.txt"
    source = [group] if name in {BUILD, APART} else ["pyproject.toml", *extras]
    if name == "dev":
        source.append(group)  # so that the developers' file binds it, too
    return [sys.executable, "-m", "uv", "pip", "compile", *source, *_OPTIONS, *bound, file]


if __name__ == "__main__":
    sys.exit(main())
