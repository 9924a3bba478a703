"""``docs/reliability.md`` from a report of the fault tests.

``pytest --reliability-report FILE`` writes what each test of `tests/faults` promises, does, counted and measured;
``python -m support.reliability FILE…`` puts that into the page, test by test.
"""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

PAGE: Final = Path(__file__).parents[2] / "docs/reliability.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
_HEAD: Final = "| promise | fault | test | counted | recovered in |\n| --- | --- | --- | --- | --- |\n"
_ROW: Final = re.compile(r"^\| (.+?) \| (.+?) \| `(.+?)` \| (.*?) \| (.*?) \|$", re.MULTILINE)


def add_option(parser: pytest.Parser) -> None:
    """Let pytest take the name of a report."""
    parser.addoption("--reliability-report", type=Path, metavar="FILE", help="write what the fault tests measured")


class Reporter:
    """Collects what tests measured, wherever they run, and writes it when all have ended."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._found: dict[str, Any] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what a test that passed has noted."""
        noted = dict(report.user_properties).get("reliability")
        if report.when == "call" and report.passed and noted:
            self._found[report.nodeid] = noted

    def pytest_sessionfinish(self) -> None:
        """Write the report."""
        self._file.write_text(json.dumps(self._found, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def rows(page: str) -> dict[str, tuple[str, str, str, str]]:
    """Test → promise, fault, what was counted and the time, as the page has them."""
    return {test: (promise, fault, counted, time) for promise, fault, test, counted, time in _ROW.findall(page)}


def row(noted: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """The same of one test in a report."""
    counted = ", ".join(f"{number:,} {name}" for name, number in noted["counted"].items() if number)
    return noted["promise"], noted["fault"], counted, f"{noted['recovered_s']:.1f} s"


def write(page: str, found: Iterable[tuple[str, tuple[str, str, str, str]]]) -> str:
    """The page with these rows, in the order of the tests."""
    lines = "".join(
        f"| {promise} | {fault} | `{test}` | {counted} | {time} |\n"
        for test, (promise, fault, counted, time) in sorted(found)
    )
    before, after = page.partition(BEGIN)[0], page.partition(END)[2]
    return f"{before}{BEGIN}\n{_HEAD}{lines}{END}{after}"


def main(reports: list[str]) -> None:
    """Put reports into the page: a test that ran gets a new row, the others keep theirs."""
    page = PAGE.read_text(encoding="utf-8")
    known = rows(page)
    for report in reports:
        for test, noted in json.loads(Path(report).read_text(encoding="utf-8")).items():
            known[test.removeprefix("tests/faults/")] = row(noted)
    PAGE.write_text(write(page, known.items()), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
