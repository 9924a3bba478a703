"""What ``--gpus`` means, and what is said where that is not there."""

import argparse

import pytest

from contracts.errors import ConfigurationError
from contracts.gpus import Gpu
from contracts.settings import Settings
from support.nvidia import uuid
from workers.gpus.choice import check, choose, parse

GPUS = [Gpu(index=number, uuid=uuid(number), name="NVIDIA L4") for number in range(3)]


def refusal(wanted: str, chosen: str | None = None) -> str:
    with pytest.raises(ConfigurationError) as error:
        choose(parse(wanted), GPUS, chosen)
    return str(error.value)


@pytest.mark.parametrize(
    ("wanted", "chosen", "numbers"),
    [
        ("all", None, [0, 1, 2]),
        ("2,0", None, [2, 0]),
        ("1, 1", None, [1]),
        ("all", "2,1", [2, 1]),
        ("1", f"{uuid(1)},2", [1]),
    ],
)
def test_a_choice_is_of_those_that_are_there_for_this_process(
    wanted: str, chosen: str | None, numbers: list[int]
) -> None:
    assert [gpu.index for gpu in choose(parse(wanted), GPUS, chosen)] == numbers


def test_a_number_that_is_not_there_is_named_with_those_that_are() -> None:
    assert refusal("0,3,4") == "--gpus names GPU 3, 4, and nvidia-smi has 0, 1, 2 here: name these, or all."
    assert "has 1 here (CUDA_VISIBLE_DEVICES=1)" in refusal("0", "1")


@pytest.mark.parametrize("chosen", ["", "7", "MIG-5c89d1f2"])
def test_a_variable_that_leaves_no_gpu_is_named(chosen: str) -> None:
    assert refusal("all", chosen).startswith(f"CUDA_VISIBLE_DEVICES={chosen} leaves none of the GPUs")


@pytest.mark.parametrize("text", ["", "some", "-1", "0,", "1.5", "²"])
def test_what_is_no_choice_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        parse(text)


def test_workers_that_would_use_no_gpu_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="set MIEN_RUNTIME=keras"):
        check(Settings(runtime="litert"))
    with pytest.raises(ConfigurationError, match="MIEN_WORKER_QUEUES=webhooks"):
        check(Settings(runtime="keras", worker_queues="webhooks"))
    check(Settings(runtime="keras"))
