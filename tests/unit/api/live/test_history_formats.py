"""Histories as tables and as subtitles."""

import csv

from api.live.history import tell
from api.live.history_formats import HEADINGS, as_csv, as_vtt
from contracts.emotions import EMOTIONS
from contracts.history import HistorySample, SampledFace

HAPPY = SampledFace(track=1, emotion="Happy", scores=tuple(940 if label == "Happy" else 10 for label in EMOTIONS))
BARE = SampledFace(track=2, quality=["dark", "cut"])


def samples() -> list[HistorySample]:
    return [HistorySample(epoch=5, captured_at=1_000.0 + second, kept_s=60, faces=[HAPPY, BARE]) for second in range(3)]


def test_a_table_has_a_row_for_each_person_and_second() -> None:
    rows = list(csv.reader("".join(as_csv(samples())).splitlines()))
    assert tuple(rows[0]) == HEADINGS
    assert len(rows) == 7
    first, second = (dict(zip(HEADINGS, row, strict=True)) for row in rows[1:3])
    assert (first["at"], first["person"], first["emotion"], first["Happy"]) == ("1000.000", "5-1", "Happy", "0.940")
    assert (second["person"], second["emotion"], second["Happy"], second["quality"]) == ("5-2", "", "", "dark cut")


def test_subtitles_name_who_shows_what() -> None:
    text = "".join(as_vtt(tell("cam", samples(), 900.0, 1_100.0)))
    assert text.startswith("WEBVTT\n\nNOTE ")
    assert "\n00:01:40.000 --> 00:01:42.000\n<v Person 1>Happy 94%</v>\n" in text
    assert "<v Person 2>in view</v>" in text


def test_what_was_seen_for_no_time_has_no_subtitle() -> None:
    assert "-->" not in "".join(as_vtt(tell("cam", samples()[:1], 900.0, 1_100.0)))


def test_subtitles_say_where_more_is() -> None:
    cut = tell("cam", samples(), 900.0, 1_100.0).model_copy(update={"truncated": True, "until": 1_002.0})
    assert "".join(as_vtt(cut)).endswith("\nNOTE there is more from 1002.000 s since 1970 on\n")
