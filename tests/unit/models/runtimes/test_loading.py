"""Runtimes by name."""

import pytest

from contracts.errors import ConfigurationError
from models.runtimes import RUNTIMES, open_runtime


def test_an_unknown_runtime_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="litert, keras"):
        open_runtime("abacus", b"", source="x")


def test_a_runtime_says_which_package_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "keras", None)
    assert "keras" in RUNTIMES
    with pytest.raises(ConfigurationError, match=r"mien\[training\]"):
        open_runtime("keras", b"", source="x")
