"""What docker-compose.yml reads, and how the example of an .env file says it."""

import pytest

from deploy.env_example import text, variables

COMPOSE = """
services:
  gateway:
    environment:
      MIEN_LOG_LEVEL:
      MIEN_REQUIRE_KEYS: # as the operator says
      MIEN_PORT: 5000
      MIEN_ALLOWED_HOSTS: ${MIEN_ALLOWED_HOSTS:-${EDGE_NAME:-}}
    mem_limit: ${WORKER_MEMORY_LIMIT:-3g}
    build: { args: { CUDA: "${IMAGE_CUDA-1}" } } # may be empty
"""


def test_variables_are_those_that_are_passed_on_or_put_in() -> None:
    assert variables(COMPOSE) == {
        "MIEN_LOG_LEVEL": "info",
        "MIEN_REQUIRE_KEYS": "false",
        "MIEN_ALLOWED_HOSTS": "",
        "EDGE_NAME": "",
        "WORKER_MEMORY_LIMIT": "3g",
        "IMAGE_CUDA": "1",
    }


def test_each_has_its_description_and_default_and_none_is_set() -> None:
    made = text(COMPOSE)
    assert "# Memory of a worker's container.\n#WORKER_MEMORY_LIMIT=3g\n" in made
    assert "# Verbosity of every process.\n#MIEN_LOG_LEVEL=info\n" in made
    assert all(line.startswith("#") for line in made.splitlines() if line)
    assert max(map(len, made.splitlines())) <= 120


def test_a_variable_that_nobody_described_is_an_error() -> None:
    with pytest.raises(KeyError, match="NEW_LIMIT"):
        text(COMPOSE + "    pids_limit: ${NEW_LIMIT:-1}\n")
