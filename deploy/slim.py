"""Take out of an image's environment what no process of it uses: ``python -m deploy.slim ROLE FOLDER``.

Runs while an image is built. What is left is compiled once, and its sources are looked at no more: the images' file
system is read-only, so that nothing would be kept of what a start compiles.
"""

import argparse
import compileall
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Final

_NEVER_USED: Final = (
    "**/tests",  # of libraries
    "**/*.pyi",
    "**/*.pxd",
    "**/*.pyx",
    "**/*.[ch]",
    "**/*.[ch]pp",
    "gevent/**/*.[ch].in",
    # What Celery's own command line needs, which is not used.
    "click_repl*",
    "prompt_toolkit*",
    "wcwidth*",
)
_OF_WORKERS: Final = (
    "ai_edge_litert/libLiteRtWebGpuAccelerator.so",
    "ai_edge_litert/tools",
    "ai_edge_litert/vendors",  # accelerators of phones
    "cv2/data/haarcascade_*.xml",
    "cv2/load_config_py2.py",
)
_KEPT_OF_WORKERS: Final = ("cv2/data/haarcascade_frontalface_alt2.xml", "numpy/_core/tests/_natype.py")
_BY_ROLE: Final = {
    "gateway": ("models/weights/*.*",),  # it reads pictures' heads; networks are the workers'
    "worker": _OF_WORKERS,
    # Of CUDA nothing that is loaded when it is asked for: what a card asks for no build can try.
    "worker-gpu": (*_OF_WORKERS, "clang/native", "nvidia/*/include", "nvidia/*/lib/*.a", "tensorflow/include"),
    "capture": ("cv2/data/haarcascade_*.xml", "cv2/load_config_py2.py"),
    "flower": ("flower/static/swagger",),
}
_KEPT: Final = {
    "gateway": ("models/weights/*.py",),
    "worker": _KEPT_OF_WORKERS,
    "worker-gpu": _KEPT_OF_WORKERS,
    "capture": ("numpy/_core/tests/_natype.py",),
    "flower": (),
}
_COMMANDS: Final = ("celery", "dotenv", "f2py", "flask", "gunicorn*", "litert-benchmark", "numpy-config", "tqdm")
_OF_OPERATORS: Final = ("gateway", "worker", "worker-gpu")
"""Roles whose images have the command `mien`."""


def main(argv: list[str] | None = None) -> int:
    """Do it, and say how much was taken out. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m deploy.slim", description="Take out of an image what is not used.")
    parser.add_argument("role", choices=sorted(_BY_ROLE))
    parser.add_argument("folder", type=Path, help="of the virtual environment")
    arguments = parser.parse_args(argv)
    (packages,) = arguments.folder.glob("lib/python3*/site-packages")
    removed = remove(packages, arguments.role)
    for command in _COMMANDS if arguments.role in _OF_OPERATORS else (*_COMMANDS, "mien"):
        for path in (arguments.folder / "bin").glob(command):
            path.unlink()
    if not compile_all(packages):
        print("Not all of it can be compiled.", file=sys.stderr)
        return 1
    print(f"{arguments.role}: {removed / 1e6:.0f} MB taken out.")
    return 0


def remove(packages: Path, role: str) -> int:
    """Take out what this role does not use. Returns the bytes.

    Args:
        packages: the folder of installed packages.
        role: of the image.
    """
    kept = {path for pattern in _KEPT[role] for path in packages.glob(pattern)}
    gone = 0
    for file in _files({path for pattern in (*_NEVER_USED, *_BY_ROLE[role]) for path in packages.glob(pattern)}):
        if file not in kept and file.exists():
            gone += file.stat().st_size
            file.unlink()
    for folder in sorted((path for path in packages.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
    return gone


def compile_all(packages: Path) -> bool:
    """Compile each module for good, whatever becomes of its source. Returns whether all of them could be."""
    for cache in list(packages.rglob("__pycache__")):
        shutil.rmtree(cache)
    mode = PycInvalidationMode.UNCHECKED_HASH
    return bool(compileall.compile_dir(packages, quiet=2, invalidation_mode=mode))


def _files(paths: set[Path]) -> Iterator[Path]:
    for path in sorted(paths):
        if path.is_dir():
            yield from (file for file in path.rglob("*") if file.is_file())
        else:
            yield path


if __name__ == "__main__":
    sys.exit(main())
