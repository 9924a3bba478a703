"""Backends of Keras are asked what they compute on; here it is the CPU."""

import pytest

from workers.gpus.backend import Computing, computing


@pytest.mark.parametrize("name", ["tensorflow", "jax"])
def test_the_backend_that_is_named_is_asked(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("KERAS_BACKEND", name)
    assert computing() == Computing(name, "")


def test_without_a_name_it_is_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    assert computing().backend == "tensorflow"
