"""The bill of materials of an image: what is installed, held against the lock file."""

import json
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from deploy.sbom import FILE, main

LOCK = "flask==3.1.3 \\\n    --hash=sha256:00\nzope-event==6.2 ; sys_platform == 'linux' \\\n    --hash=sha256:01\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    packages = tmp_path / "lib/python3.13/site-packages"
    for name, version, more in (
        ("Flask", "3.1.3", "License-Expression: BSD-3-Clause"),
        ("zope.event", "6.2", "Classifier: License :: OSI Approved :: Zope Public License"),
        ("mien", "0.3.0", "License-Expression: Apache-2.0"),
    ):
        info = packages / f"{name}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{more}\n")
    (tmp_path / "lock.txt").write_text(LOCK)
    return tmp_path


def test_it_names_what_is_installed_in_a_form_that_the_schema_allows(folder: Path) -> None:
    arguments = ["mien-gateway", "0.3.0", str(folder), str(folder / "lock.txt")]
    assert main(arguments) == 0
    text = (folder / FILE).read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill = json.loads(text)
    assert [part["purl"] for part in bill["components"]] == ["pkg:pypi/flask@3.1.3", "pkg:pypi/zope-event@6.2"]
    licences = [part["licenses"][0] for part in bill["components"]]
    assert licences == [{"expression": "BSD-3-Clause"}, {"license": {"name": "Zope Public License"}}]
    assert main(arguments) == 0
    assert (folder / FILE).read_text() == text, "the same for the same parts"


def test_what_no_lock_file_pins_ends_the_build(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "lock.txt").write_text(LOCK.replace("3.1.3", "3.1.4"))
    assert main(["mien-gateway", "", str(folder), str(folder / "lock.txt")]) == 1
    assert "lock.txt does not pin what is installed: Flask 3.1.3" in capsys.readouterr().err
    assert not (folder / FILE).exists()
