"""What is deployed, as data."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def compose() -> dict[str, Any]:
    """The compose file, its anchors resolved and its variables not."""
    return dict(yaml.safe_load((ROOT / "docker-compose.yml").read_text()))
