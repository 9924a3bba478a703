"""The optional detector MTCNN; its answers are held to the contract in ``test_base.py``."""

import sys

import pytest

from contracts.errors import ConfigurationError
from models.detection import load_detector


def test_mtcnn_without_its_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mtcnn", None)
    with pytest.raises(ConfigurationError, match="mtcnn,training"):
        load_detector("mtcnn")
