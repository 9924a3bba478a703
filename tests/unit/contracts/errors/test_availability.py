"""Errors of what does not work at the moment."""

from contracts.errors import NotReady, Overloaded


def test_overload_says_when_to_come_back() -> None:
    error = Overloaded("Come back later.", retry_after=3, field="image")
    assert (str(error), error.field, error.retry_after) == ("Come back later.", "image", 3)


def test_what_is_not_ready_says_so_for_each_part() -> None:
    error = NotReady("No worker.", checks={"broker": "ok", "workers": "none"})
    assert error.members == {"checks": {"broker": "ok", "workers": "none"}}
