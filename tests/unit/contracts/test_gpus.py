"""What ``nvidia-smi`` tells, and what is said where it tells nothing."""

import os

import pytest

from contracts.errors import ConfigurationError
from contracts.gpus import Gpu, visible
from contracts.gpus import NvidiaSmi as Asker
from support.nvidia import NO_DRIVER, NvidiaSmi, uuid

MIB = 1 << 20


def gpus(count: int) -> list[Gpu]:
    return [Gpu(index=number, uuid=uuid(number), name="NVIDIA L4") for number in range(count)]


def sentence() -> str:
    with pytest.raises(ConfigurationError) as error:
        Asker().gpus()
    return str(error.value)


def test_all_gpus_of_a_machine_are_read(nvidia_smi: NvidiaSmi) -> None:
    nvidia_smi.has({"memory.used": "1024", "utilization.gpu": "37"}, {"name": "NVIDIA L4"})
    first, second = Asker().gpus()
    assert first == Gpu(
        index=0,
        uuid=uuid(0),
        name="NVIDIA H200",
        driver="570.86.15",
        memory_total_bytes=143_771 * MIB,
        memory_used_bytes=1_024 * MIB,
        utilisation=0.37,
        temperature_c=31,
        power_w=76.52,
    )
    assert (first.label, second.label) == ("GPU 0: NVIDIA H200", "GPU 1: NVIDIA L4")


def test_a_name_may_have_a_comma(nvidia_smi: NvidiaSmi) -> None:
    nvidia_smi.fails(0, f"0, {uuid(0)}, NVIDIA L4, rev. 2, 570.86.15, 23034, 4, 0, 31, 9.52\n")
    (gpu,) = Asker().gpus()
    assert (gpu.label, gpu.driver, gpu.power_w) == ("GPU 0: NVIDIA L4, rev. 2", "570.86.15", 9.52)


def test_a_warning_behind_the_answer_hides_no_gpu(nvidia_smi: NvidiaSmi) -> None:
    """As of a card that computes, but whose infoROM is damaged."""
    line = f"0, {uuid(0)}, Tesla T4, 570.86.15, 15360, 4, 0, 31, 9.52\n"
    nvidia_smi.fails(14, f"{line}WARNING: infoROM is corrupted at gpu 0000:00:1E.0\n")
    assert [gpu.label for gpu in Asker().gpus()] == ["GPU 0: Tesla T4"]


def test_one_gpu_alone_is_asked_for(nvidia_smi: NvidiaSmi) -> None:
    nvidia_smi.has({}, {})
    assert [gpu.index for gpu in Asker().gpus(uuid(1))] == [1]


@pytest.mark.parametrize("told", ["[N/A]", "[Not Supported]", "N/A", "[Unknown Error]", "ERR!", ""])
def test_what_a_gpu_does_not_tell_is_none(nvidia_smi: NvidiaSmi, told: str) -> None:
    nvidia_smi.has({"power.draw": told, "utilization.gpu": told, "memory.used": told})
    (gpu,) = Asker().gpus()
    assert (gpu.power_w, gpu.utilisation, gpu.memory_used_bytes, gpu.temperature_c) == (None, None, None, 31)


def test_without_the_program_the_driver_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: os.PathLike[str]) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "install the driver" in sentence()


@pytest.mark.parametrize(
    ("status", "printed", "do"),
    [
        (9, NO_DRIVER, "install NVIDIA's driver for this kernel, or load it"),
        (18, "Failed to initialize NVML: Driver/library version mismatch\n", "restart the machine"),
        (6, "No devices were found\n", "finds no GPU here"),
        (0, "No devices were found\n", "finds no GPU here"),
        (255, "Failed to initialize NVML: Unknown Error\n", "has to be started anew"),
        (1, "", "status 1 (and says nothing)"),
        (0, "", "cannot read"),
        (0, "zero, one\n", "cannot read"),
    ],
)
def test_what_is_wrong_and_what_to_do_is_one_sentence(
    nvidia_smi: NvidiaSmi, status: int, printed: str, do: str
) -> None:
    nvidia_smi.fails(status, printed)
    told = sentence()
    assert do in told
    assert told.endswith(".")
    assert "\n" not in told


def test_a_program_that_hangs_is_given_up_and_asked_again(nvidia_smi: NvidiaSmi) -> None:
    nvidia_smi.has({})
    nvidia_smi.hangs()
    asker = Asker(0.2)
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="has not answered for"):
            asker.gpus()
    nvidia_smi.answers()
    assert Asker().gpus()


@pytest.mark.parametrize(
    ("chosen", "numbers"),
    [
        (None, [0, 1, 2]),
        ("", []),
        ("-1", []),
        ("2,0", [2, 0]),
        (" 1 , 2 ", [1, 2]),
        (f"{uuid(1)},0", [1, 0]),
        (uuid(2)[:9], [2]),
        ("0,7,1", [0]),
        ("0,0,1", [0]),
        ("MIG-1234", []),
        ("GPU-unknown", []),
    ],
)
def test_a_process_may_use_what_cuda_would_give_it(chosen: str | None, numbers: list[int]) -> None:
    assert [gpu.index for gpu in visible(gpus(3), chosen)] == numbers
