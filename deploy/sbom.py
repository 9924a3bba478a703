"""The bill of materials of an image (CycloneDX 1.6): ``python -m deploy.sbom NAME VERSION FOLDER LOCK…``.

Runs while an image is built, with nothing but Python: what is installed in the environment, which has to be what its
lock files pin. `make sbom` writes those of the lock files themselves, for every platform at once.
"""

import argparse
import json
import re
import sys
import uuid
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

FILE = "sbom.cdx.json"
"""In the folder of the environment."""
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)


def main(argv: list[str] | None = None) -> int:
    """Write the bill. Returns the exit status: 1 if something is installed that is not pinned."""
    parser = argparse.ArgumentParser(prog="python -m deploy.sbom", description="Write an image's bill of materials.")
    parser.add_argument("name", help="of the image")
    parser.add_argument("version", help="of Mien; may be empty")
    parser.add_argument("folder", type=Path, help="of the virtual environment")
    parser.add_argument("locks", type=Path, nargs="+", metavar="lock", help="a lock file that was installed")
    arguments = parser.parse_args(argv)
    (packages,) = arguments.folder.glob("lib/python3*/site-packages")
    found = [one for one in distributions(path=[str(packages)]) if one.name != "mien"]
    texts = [lock.read_text(encoding="utf-8") for lock in arguments.locks]
    pins = {(_normal(name), version) for text in texts for name, version in _PIN.findall(text)}
    if foreign := sorted(f"{one.name} {one.version}" for one in found if (_normal(one.name), one.version) not in pins):
        named = ", ".join(lock.name for lock in arguments.locks)
        print(f"{named} does not pin what is installed: {', '.join(foreign)}", file=sys.stderr)
        return 1
    bill = make_bill(arguments.name, arguments.version, found)
    (arguments.folder / FILE).write_text(json.dumps(bill, indent=1) + "\n", encoding="utf-8")
    return 0


def make_bill(name: str, version: str, found: list[Distribution]) -> dict[str, Any]:
    """The bill; the same for the same parts, so without a time.

    Args:
        name: of the image.
        version: of Mien.
        found: the installed distributions.
    """
    components = sorted((_component(one) for one in found), key=lambda part: str(part["bom-ref"]))
    identity = json.dumps([name, version, components], sort_keys=True)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, identity)}",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": name, "name": name, "version": version}},
        "components": components,
    }


def _component(one: Distribution) -> dict[str, Any]:
    name = _normal(one.name)
    purl = f"pkg:pypi/{name}@{one.version}"
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": one.version,
        "purl": purl,
    }
    if licence := _licence(one):
        component["licenses"] = [licence]
    return component


def _licence(one: Distribution) -> dict[str, Any]:
    """What the package says of itself: an SPDX expression, or else words."""
    said = {name: one.metadata.get_all(name) or [] for name in ("License-Expression", "Classifier", "License")}
    if said["License-Expression"]:
        return {"expression": said["License-Expression"][0]}
    classifiers = [line.rpartition(" :: ")[2] for line in said["Classifier"] if line.startswith("License ::")]
    words = next(iter([*classifiers, *said["License"]]), "").strip()
    first = words.splitlines()[0][:100] if words else ""
    return {"license": {"name": first}} if first else {}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
