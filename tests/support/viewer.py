"""A viewer of a camera who writes down what came in which order: pictures of the stream, and what is told beside it."""

import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import requests

_SEQUENCE = re.compile(rb"\xff\xfe..Mien-Sequence: (\d+)(?!\d|$)", re.DOTALL)
"""A comment of a JPEG, with what follows it."""
_LOOK_EVERY_S = 0.02


class Viewer:
    """Watches one camera through a gateway, on two threads, until it is told to stop."""

    def __init__(self, url: str, camera: str) -> None:
        """Prepare to watch.

        Args:
            url: of the gateway.
            camera: which is watched.
        """
        self._url, self._camera = url, {"camera": camera}
        self._stopped = threading.Event()
        self.shown: list[int] = []
        """Sequences of pictures of the stream, also of those that are repeated."""
        self.told: list[int] = []
        """Sequences of `/emotion_data`."""
        self.statuses: Counter[int] = Counter()
        """Of answers of `/emotion_data`."""
        self.ages_ms: list[int] = []
        """How old what was told was, as the gateway said."""

    @property
    def went_back(self) -> list[tuple[int, int]]:
        """Sequences that came after later ones."""
        return [pair for seen in (self.shown, self.told) for pair in pairwise(seen) if pair[1] < pair[0]]

    def has_seen(self, count: int, after: int) -> bool:
        """Whether more pictures and analyses than that have come after this sequence."""
        return all(sum(sequence > after for sequence in list(seen)) > count for seen in (self.shown, self.told))

    @contextmanager
    def watching(self) -> Iterator["Viewer"]:
        """Watch while the block runs."""
        threads = [threading.Thread(target=work, daemon=True) for work in (self._look, self._ask)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._stopped.set()
            for thread in threads:
                thread.join(10)

    def _look(self) -> None:
        with requests.get(f"{self._url}/video_feed", params=self._camera, stream=True, timeout=30) as answer:
            rest = b""
            for data in answer.iter_content(None):
                found = list(_SEQUENCE.finditer(rest + data))
                self.shown += [int(match[1]) for match in found]
                rest = (rest + data)[max(found[-1].end() if found else 0, len(rest + data) - 64) :]
                if self._stopped.is_set():
                    return

    def _ask(self) -> None:
        with requests.Session() as session:
            while not self._stopped.wait(_LOOK_EVERY_S):
                answer = session.get(f"{self._url}/emotion_data", params=self._camera, timeout=30)
                self.statuses[answer.status_code] += 1
                if answer.ok and answer.json()["sequence"] is not None:
                    self.told.append(answer.json()["sequence"])
                    self.ages_ms.append(answer.json()["age_ms"])
