"""A history as a table, and as subtitles."""

import csv
import io
from collections.abc import Iterator, Sequence

from api.live.history import person_of
from api.live.history_schemas import HistoryData
from contracts.emotions import EMOTIONS
from contracts.history import HistorySample

HEADINGS = ("at", "person", "emotion", *EMOTIONS, "quality")


def as_csv(samples: Sequence[HistorySample]) -> Iterator[str]:
    """A row for each person in each sample, the oldest first; RFC 4180."""
    yield _row(HEADINGS)
    for sample in samples:
        for face in sample.faces:
            scores = [f"{face.shares[label]:.3f}" for label in EMOTIONS] if face.scores else [""] * len(EMOTIONS)
            at, person = f"{sample.captured_at:.3f}", person_of(sample, face)
            yield _row((at, person, face.emotion or "", *scores, " ".join(face.quality)))


def as_vtt(history: HistoryData) -> Iterator[str]:
    """A cue for each span, for a recording that begins at `since`; WebVTT, W3C."""
    yield f"WEBVTT\n\nNOTE 00:00:00.000 is {history.since:.3f} s since 1970 of camera {history.camera}\n"
    spans = [(span, person) for person in history.people for span in person.spans]
    for span, person in sorted(spans, key=lambda pair: (pair[0].since, pair[1].person)):
        begin, end = max(0.0, span.since - history.since), span.until - history.since
        if end > begin:
            sure = "" if span.confidence is None else f" {span.confidence:.0%}"
            text = f"{span.emotion or 'in view'}{sure}"
            yield f"\n{_time(begin)} --> {_time(end)}\n<v Person {person.track}>{text}</v>\n"
    if history.truncated:
        yield f"\nNOTE there is more from {history.until:.3f} s since 1970 on\n"


def _row(values: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue()


def _time(seconds: float) -> str:
    milliseconds = round(1000 * seconds)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"
