"""The key layout: all of it stands in the module's table, and nothing else does."""

import inspect
import re
from collections.abc import Callable

import pytest

from contracts.storage import keys

CONSTANTS = {name: value for name, value in vars(keys).items() if name.isupper()}
FUNCTIONS: dict[str, Callable[[str], str]] = dict(inspect.getmembers(keys, inspect.isfunction))
DOCUMENTED = set(re.findall(r"^    (mien:\S+)", keys.__doc__ or "", re.MULTILINE))


def test_every_key_and_channel_is_in_the_table_and_has_one_name() -> None:
    tabled = {re.sub(r"\{\w+\}", "*", key) for key in DOCUMENTED}
    made = [*CONSTANTS.values(), *(function("*") for function in FUNCTIONS.values())]
    assert sorted(made) == sorted(tabled)


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_two_subjects_have_two_keys(function: Callable[[str], str]) -> None:
    assert function("a") != function("b")
