"""What checks find."""

from operate.doctor.finding import Level, ok, or_ok, problem, warning


def test_without_findings_all_is_well() -> None:
    assert list(or_ok("disk", [], "There is room.")) == [ok("disk", "There is room.")]
    found = [warning("disk", "It is small.", "Buy one."), problem("disk", "It is full.", "Buy one.")]
    assert list(or_ok("disk", iter(found), "There is room.")) == found
    assert [finding.level for finding in found] == [Level.WARNING, Level.PROBLEM]
