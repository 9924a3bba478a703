"""What the security documents call done has a test that exists."""

import ast
import re
from pathlib import Path

TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def rows(root: Path, heading: str) -> list[list[str]]:
    """Cells of the table below a heading of the threat model, without its head."""
    text = (root / "docs/threat-model.md").read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def test_every_threat_that_is_done_names_a_test_and_every_test_exists(root: Path) -> None:
    threats = rows(root, "Threats")
    assert len(threats) > 30
    for *_, state, how in threats:
        assert state in {"done", "partly", "not"}
        assert TEST.search(how) or state != "done", how
    named = TEST.findall((root / "docs/threat-model.md").read_text())
    assert len(named) > 30
    for path, name in named:
        functions = {node.name for node in ast.walk(ast.parse((root / path).read_text())) if hasattr(node, "name")}
        assert name in functions, f"{path}::{name}"


def test_every_finding_names_its_tests(root: Path) -> None:
    findings = {number: tests for number, _, tests in rows(root, "Findings")}
    counts = {"C": 2, "H": 8, "M": 14, "L": 6}
    assert list(findings) == [f"{kind}{index}" for kind, most in counts.items() for index in range(1, most + 1)]
    assert all(TEST.search(tests) for tests in findings.values())


def test_the_table_of_asvs_has_one_state_a_section(root: Path) -> None:
    sections = rows(root, "OWASP ASVS 5.0, level 2")
    assert {state for _, state, _ in sections} == {"done", "partly", "not"}
    numbers = {int(number) for section, *_ in sections for number in re.findall(r"V(\d+)\.", section)}
    assert numbers | {7, 9, 10, 17} == set(range(1, 18))


def test_what_the_privacy_page_calls_by_name_exists(root: Path) -> None:
    page = (root / "docs/privacy.md").read_text()
    assert {"MIEN_NOTICE", "MIEN_PURPOSE", "MIEN_FACES_ONLY", "MIEN_RESULT_TTL_S"} <= set(re.findall(r"MIEN_\w+", page))
    assert "Template of a data protection impact assessment" in page
