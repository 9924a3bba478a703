"""The command `mien`, run in this process, as an operator would on the machine of the private server."""

from collections.abc import Callable

import pytest

from operate.__main__ import main

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def mien(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], restored_logging: None
) -> Run:
    """Run `mien WORDS…`; gives its exit status and what it printed, on either stream, but for what was audited."""
    monkeypatch.setenv("MIEN_REDIS_URL", redis_url)

    def run(*words: str) -> tuple[int, str]:
        status = main(words)
        printed = capsys.readouterr()
        errors = [line for line in printed.err.splitlines(keepends=True) if " audit {" not in line]
        return status, printed.out + "".join(errors)

    return run
