"""Names of cameras that browsers send for themselves alone."""

import pytest

from contracts.devices import is_device, metric_name

NAME = f"device-{'0123456789abcdef' * 2}"


@pytest.mark.parametrize("name", ["device-", f"{NAME}0", NAME[:-1], NAME.upper(), f"{NAME}\n", "hall", f"x{NAME}"])
def test_only_names_that_nobody_guesses_are_a_browsers_own(name: str) -> None:
    assert is_device(NAME)
    assert not is_device(name)


def test_metrics_count_browsers_own_cameras_together() -> None:
    assert [metric_name(name) for name in (NAME, "hall")] == ["device", "hall"]
