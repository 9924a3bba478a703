"""A misspelt setting is pointed out."""

from contracts.unknown_settings import unknown_settings


def test_a_name_that_is_no_setting_is_pointed_out_with_the_nearest_one() -> None:
    names = ["HOME", "MIEN_PORT", "MIEN_DATA", "MIEN_PROT", "MIEN_DETECTR", "MIEN_FOO", "MIEN_XYZZY"]
    assert unknown_settings(names) == {
        "MIEN_PROT": "MIEN_PROT is not a setting and changes nothing; did you mean MIEN_PORT?",
        "MIEN_DETECTR": "MIEN_DETECTR is not a setting and changes nothing; did you mean MIEN_DETECTOR?",
        "MIEN_FOO": "MIEN_FOO is not a setting and changes nothing; docs/settings.md lists them all.",
        "MIEN_XYZZY": "MIEN_XYZZY is not a setting and changes nothing; docs/settings.md lists them all.",
    }
