"""Whether a GPU can be used: the driver, the library, and both together. The libraries here are for the CPU."""

from collections.abc import Callable

import pytest

from contracts.settings import Settings
from operate.doctor import gpus
from operate.doctor.finding import Finding, Level
from support.nvidia import NO_DRIVER, NvidiaSmi

Seen = Callable[[str], None]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """Lets the library of TensorFlow's name print this when it is asked what it sees."""

    def set_seen(printed: str) -> None:
        backend = gpus._BACKENDS["tensorflow"]._replace(ask=printed)
        monkeypatch.setitem(gpus._BACKENDS, "tensorflow", backend)

    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    return set_seen


def found() -> list[Finding]:
    return list(gpus.check_gpu(Settings(runtime="keras")))


def test_where_no_gpu_is_to_be_used_nothing_is_said() -> None:
    assert list(gpus.check_gpu(Settings(runtime="litert"))) == []


def test_driver_and_library_are_told(nvidia_smi: NvidiaSmi, seen: Seen) -> None:
    nvidia_smi.has({}, {"name": "NVIDIA L4"})
    seen("print(2)")
    driver, library = found()
    assert (driver.level, library.level) == (Level.OK, Level.OK)
    assert driver.says == "NVIDIA's driver 570.86.15 has GPU 0: NVIDIA H200, GPU 1: NVIDIA L4."
    assert library.says == "tensorflow sees 2 GPUs."


@pytest.mark.parametrize("printed", ["print(0)", "", "raise SystemExit(1)", "print('no number')"])
def test_a_library_that_sees_no_gpu_beside_a_driver_is_without_cuda_or_too_new(
    nvidia_smi: NvidiaSmi, seen: Seen, printed: str
) -> None:
    nvidia_smi.has({})
    seen(printed)
    _, library = found()
    assert (library.level, "although the driver (570.86.15) has one" in library.says) == (Level.WARNING, True)
    assert "Install the extra gpu," in library.do


def test_a_missing_driver_is_told_before_what_the_library_sees(nvidia_smi: NvidiaSmi, seen: Seen) -> None:
    seen("print(0)")
    nvidia_smi.fails(9, NO_DRIVER)
    driver, library = found()
    assert (driver.level, library.level) == (Level.WARNING, Level.WARNING)
    assert "install NVIDIA's driver" in driver.says
    assert "of the driver" in library.do


def test_a_variable_that_hides_all_gpus_is_told(
    nvidia_smi: NvidiaSmi, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    nvidia_smi.has({})
    seen("print(0)")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7")
    assert found()[0].says == "CUDA_VISIBLE_DEVICES=7 names none of GPU 0: NVIDIA H200."


def test_the_library_that_is_named_is_the_one_that_is_asked_for(
    nvidia_smi: NvidiaSmi, monkeypatch: pytest.MonkeyPatch
) -> None:
    nvidia_smi.has({})
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert found()[1].says.startswith("jax sees no GPU"), "the real one, without CUDA"
    monkeypatch.setattr(gpus, "find_spec", lambda name: None if name == "torch" else name)
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    (missing,) = found()
    assert (missing.level, missing.says) == (
        Level.PROBLEM,
        "MIEN_RUNTIME=keras with torch needs torch, not installed here.",
    )
    assert "gpu-torch" in missing.do
    monkeypatch.setenv("KERAS_BACKEND", "theano")
    (unknown,) = found()
    assert (unknown.level, "theano" in unknown.says) == (Level.PROBLEM, True)
