"""How many steps the simulation takes, and from which seed on."""

import pytest

_STEPS_A_TEST = 20_000
_SEEDS_A_TEST = 1_000
_KILLS_SHARE = 20
"""Of so many steps one is of a run in which the server's process is really killed, which takes a while."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options that are known when this folder is named on the command line."""
    parser.addoption("--simulation-steps", type=int, default=4_000, help="Steps to simulate, in all.")
    parser.addoption("--simulation-seed", type=int, default=None, help="The only seed to run: what it did is repeated.")
    parser.addoption("--simulation-first-seed", type=int, default=0, help="From which seed on; others are other runs.")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Divide the steps into tests that run in parallel and take a minute at most."""
    if "first_seed" not in metafunc.fixturenames:
        return
    option = metafunc.config.getoption
    steps, only, first = option("--simulation-steps", 4_000), option("--simulation-seed", None), 0
    first = option("--simulation-first-seed", 0)
    if only is not None:
        metafunc.parametrize(("first_seed", "steps"), [(only, 1)])
        return
    parts = max(2, -(-steps // _STEPS_A_TEST))
    metafunc.parametrize(
        ("first_seed", "steps"), [(first + part * _SEEDS_A_TEST, steps // parts) for part in range(parts)]
    )


@pytest.fixture
def steps_with_kills(request: pytest.FixtureRequest) -> int:
    """Steps, in all, with a server whose process is killed."""
    return int(request.config.getoption("--simulation-steps", 4_000)) // _KILLS_SHARE
