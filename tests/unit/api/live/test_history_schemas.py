"""What is said of a history."""

from api.live.history import tell


def test_nothing_is_an_answer() -> None:
    told = tell("cam", [], 1.0, 2.0).model_dump()
    assert told == {"camera": "cam", "since": 1.0, "until": 2.0, "truncated": False, "people": [], "room": []}
