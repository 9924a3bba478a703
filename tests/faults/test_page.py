"""The page about reliability and the tests that it speaks of are the same."""

import ast
from pathlib import Path
from typing import NamedTuple

from support import reliability

FOLDER = Path(__file__).parent


class Promised(NamedTuple):
    words: tuple[str, str]
    slow: bool


def promised() -> dict[str, Promised]:
    """Test → promise and fault, of the tests with that mark."""
    found = {}
    for file in FOLDER.glob("test_*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        of_all = {ast.unparse(line) for line in tree.body if isinstance(line, ast.Assign)}
        for function in tree.body:
            marks = {ast.unparse(mark).partition("(")[0]: mark for mark in getattr(function, "decorator_list", ())}
            if mark := marks.get("pytest.mark.fault"):
                promise, fault = (ast.literal_eval(argument) for argument in mark.args)
                slow = "pytest.mark.slow_fault" in marks or "pytestmark = pytest.mark.slow_fault" in of_all
                found[f"{file.name}::{function.name}"] = Promised((promise, fault), slow)
    return found


def test_each_row_is_a_test_and_each_test_has_its_row() -> None:
    page = reliability.rows(reliability.PAGE.read_text(encoding="utf-8"))
    told, tests = {test.partition("[")[0]: words[:2] for test, words in page.items()}, promised()
    assert told.items() <= {test: words for test, (words, _) in tests.items()}.items()
    assert {test for test, (_, slow) in tests.items() if not slow} <= told.keys()


def test_a_report_replaces_the_rows_of_its_tests_and_keeps_the_others() -> None:
    old = ("p", "f", "1 accepted", "1.0 s")
    page = reliability.write(f"above\n{reliability.BEGIN}\n{reliability.END}\nbelow\n", [("a.py::b", old)])
    assert reliability.rows(page) == {"a.py::b": old}
    noted = {"promise": "p", "fault": "g", "counted": {"accepted": 1200, "lost": 0}, "recovered_s": 2.04}
    again = reliability.write(page, [("a.py::b", old), ("a.py::a", reliability.row(noted))])
    assert list(reliability.rows(again)) == ["a.py::a", "a.py::b"]
    assert reliability.rows(again)["a.py::a"] == ("p", "g", "1,200 accepted", "2.0 s")
    assert again.startswith("above\n")
    assert again.endswith("\nbelow\n")
