"""File names: given back as plain text, and bounded."""

import pytest

from api.requests.names import LONGEST, file_name


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        ("\x00\x1b\n", None),
        ("a.jpg", "a.jpg"),
        ("album/Größe 1.jpg", "album/Größe 1.jpg"),
        ("写真.png", "写真.png"),
        ("a\r\nX: y.jpg", "aX: y.jpg"),
        ("gpj.\u202eevil.exe", "gpj.evil.exe"),
        ("a\ud800.jpg", "a.jpg"),
        (" a.jpg ", "a.jpg"),
        ("x" * 1_000, "x" * LONGEST),
        ("\n" * 1_000 + "a.jpg", "a.jpg"),
        ("\n" * 10_000 + "a.jpg", None),  # no more of it is looked at than a file's name can need
    ],
)
def test_a_name_is_kept_as_plain_text(given: str | None, kept: str | None) -> None:
    assert file_name(given) == kept
