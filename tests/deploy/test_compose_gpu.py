"""The file that gives the worker this machine's cards fits the compose file that it goes beside, and its image."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

NAME = "docker-compose.gpu.yml"


@pytest.fixture
def gpu(root: Path) -> dict[str, Any]:
    return dict(yaml.safe_load((root / NAME).read_text()))


@pytest.fixture
def worker(gpu: dict[str, Any]) -> dict[str, Any]:
    return dict(gpu["services"]["worker"])


def test_it_changes_the_worker_alone_and_gives_it_cards_but_no_rights(gpu: dict[str, Any]) -> None:
    assert list(gpu) == ["services"]
    assert list(gpu["services"]) == ["worker"]
    assert set(gpu["services"]["worker"]) == {
        *("image", "build", "command", "init", "environment", "deploy"),
        *("mem_limit", "pids_limit", "healthcheck"),
    }


def test_the_engine_is_asked_for_nvidia_cards_all_of_them_by_default(worker: dict[str, Any]) -> None:
    assert worker["deploy"] == {
        "resources": {
            "reservations": {"devices": [{"driver": "nvidia", "count": "${GPU_COUNT:-all}", "capabilities": ["gpu"]}]}
        }
    }
    assert worker["environment"] == {"MIEN_RUNTIME": "keras"}


def test_it_runs_a_process_a_card_by_the_line_of_the_image(worker: dict[str, Any], root: Path) -> None:
    dockerfile = (root / worker["build"]["dockerfile"]).read_text()
    *line, gpus, cards = worker["command"]
    assert f"\nCMD {json.dumps(line)}\n" in dockerfile
    assert (gpus, cards) == ("--gpus", "all")
    assert worker["init"] is True, "processes whose worker has died have somebody who waits for them"


def test_its_image_is_another_than_that_of_webhooks_and_is_built_beside_it(
    worker: dict[str, Any], compose: dict[str, Any]
) -> None:
    assert worker["image"] == "${IMAGE_PREFIX:-mien}-worker-gpu:${IMAGE_TAG:-latest}"
    assert worker["image"] != compose["services"]["webhooks"]["image"]
    assert worker["build"]["args"] == {"CUDA": "${IMAGE_CUDA-1}"}, "empty is said, and leaves CUDA out"


def test_it_has_more_time_memory_and_threads_than_a_worker_on_a_cpu(
    worker: dict[str, Any], compose: dict[str, Any]
) -> None:
    plain = compose["services"]["worker"]
    assert worker["pids_limit"] > plain["pids_limit"]
    assert gigabytes(worker["mem_limit"]) > gigabytes(plain["mem_limit"])
    start = [int(one["healthcheck"]["start_period"].removesuffix("s")) for one in (worker, plain)]
    assert start[0] > start[1]
    assert set(worker["healthcheck"]) == {"start_period"}, "what is asked stays"


def gigabytes(limit: str) -> int:
    """Of a limit's default such as 3g."""
    return int(limit.partition(":-")[2].removesuffix("g}"))
