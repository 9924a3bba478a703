"""Every line of the shared terminal says when and whose it is."""

import io
import re

from deploy.terminal import Terminal


def test_every_line_has_a_time_and_a_name() -> None:
    output = io.StringIO()
    terminal = Terminal(output)
    terminal.writer("gateway")("listening")
    terminal.write("mien", "ready")
    terminal.show("as it is")
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d gateway   \| listening\n\d\d:\d\d:\d\d mien      \| ready\nas it is\n", output.getvalue()
    )


def test_a_terminal_that_was_closed_ends_no_process() -> None:
    output = io.StringIO()
    terminal = Terminal(output)
    output.close()
    terminal.write("mien", "stopping")
    terminal.show("banner")
