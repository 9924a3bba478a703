"""``prune`` writes a run folder and a table beside it."""

from training.shared.run_folder import RunFolder


def test_both_networks_stand_in_the_table_that_is_printed_and_written(
    mien_run: RunFolder, narrow_run: tuple[RunFolder, str]
) -> None:
    pruned, printed = narrow_run
    table = (pruned.path / "comparison.md").read_text()
    assert table in printed
    assert [line.split("|")[1].strip() for line in table.splitlines()[2:]] == [mien_run.path.name, pruned.path.name]
    assert (pruned.path / "network.keras").is_file()
    assert str(pruned.path) in printed
