"""Every command that people are shown is run by a test or by `make docs-check`, or says why it cannot be."""

from pathlib import Path

import pytest

from support.page_commands import COMMANDS, ByTest, Elsewhere, all_commands, commands


def test_every_command_of_the_pages_is_tried_and_nothing_else() -> None:
    assert sorted(all_commands()) == sorted(COMMANDS)


def test_what_is_said_to_try_a_command_is_there(root: Path) -> None:
    for command, trial in COMMANDS.items():
        if isinstance(trial, Elsewhere):
            assert (root / trial.where).is_file(), command
            assert trial.why, command
        elif isinstance(trial, ByTest):
            module, _, name = trial.test.partition("::")
            text = (root / module).read_text(encoding="utf-8")
            assert not name or f"def {name}(" in text, f"{command}: {trial.test}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("```sh\nmake up  # comment\nmien queues \\\n  --json\n```\n", ["make up", "mien queues --json"]),
        ("Say `make up` or `mien queues`, `mien_queue_depth`.\n", ["make up", "mien queues"]),
        ("`MIEN_PORT=1 make up` and `make`\n```python\nmake up\n```\n", ["MIEN_PORT=1 make up"]),
        ("```sh\n# only a remark\n```\n", []),
    ],
)
def test_commands_are_found(text: str, found: list[str]) -> None:
    assert list(commands(text)) == found
