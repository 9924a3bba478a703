"""The command line answers at once."""

import subprocess
import sys

import pytest

from training.cli import main


@pytest.mark.parametrize(
    "command",
    [
        "",
        "fit",
        "distill",
        "evaluate",
        "export",
        "prune",
        "detection",
        "detection fit",
        "detection evaluate",
        "detection export",
    ],
)
def test_help_needs_no_tensorflow(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main([*command.split(), "--help"], {})
    assert done.value.code == 0
    assert "usage: python -m training" in capsys.readouterr().out


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from training.cli import main\ntry: main(['fit', '--help'], {})\nexcept SystemExit: pass\n"
        "print([name for name in ('tensorflow', 'keras', 'cv2', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
