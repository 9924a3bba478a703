"""The page about settings says what the code does."""

import re
from pathlib import Path

from contracts.settings import OF_TOOLS, PREFIX, Settings


def test_every_setting_is_documented_with_its_default_and_meaning(root: Path) -> None:
    page = (root / "docs/settings.md").read_text()
    rows = re.findall(r"^\| `(MIEN_\w+)` \| (?:`(.*?)`)? ?\| (.+) \|$", page, re.MULTILINE)
    settings = [
        (f"{PREFIX}{name}".upper(), str(field.default), field.description)
        for name, field in Settings.model_fields.items()
    ]
    assert rows == settings
    assert len(rows) > 25


def test_other_pages_and_files_name_only_settings_that_exist(root: Path) -> None:
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields} | OF_TOOLS
    files = [*root.glob("*.md"), *(root / "docs").rglob("*.md"), root / "docker-compose.yml", root / "Makefile"]
    for file in files:
        assert set(re.findall(r"MIEN_[A-Z_]+", file.read_text())) <= known, file
