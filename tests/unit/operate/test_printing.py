"""Tables, times and sizes as people read them."""

import pytest

from operate.printing import as_json, seconds, size, table


def test_columns_are_as_wide_as_their_longest_cell() -> None:
    assert table(["queue", "n"], [["bulk", "12"], ["interactive", "3"]]).splitlines() == [
        "queue        n",
        "bulk         12",
        "interactive  3",
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "-"), (0.34, "0.3 s"), (42, "42 s"), (130, "2 min"), (7_300, "2 h"), (200_000, "2 d")],
)
def test_a_time_has_the_unit_that_fits(value: float | None, shown: str) -> None:
    assert seconds(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(12, "12 B"), (4_200, "4 kB"), (20_000_000, "20 MB"), (4_294_967_296, "4.3 GB")]
)
def test_a_size_has_the_unit_that_fits(value: float, shown: str) -> None:
    assert size(value) == shown


def test_json_keeps_letters_as_they_are() -> None:
    assert as_json({"name": "Tür"}) == '{\n  "name": "Tür"\n}'
