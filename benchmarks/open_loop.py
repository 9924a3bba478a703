"""A light client that posts one photo at a given rate, whatever becomes of it: an open loop.

Latency counts from the moment at which a request was due, not from when it could be sent, so that a client that falls
behind hides nothing.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

_NO_ANSWER = 0
_AFTER_A_REFUSAL_S = 0.2


class Answer(NamedTuple):
    """What one request met."""

    status: int
    """0: the connection broke."""
    seconds: float
    retry_after: str


class PhotoClient:
    """Posts to `/detect_emotion` over as many connections as it takes, each used again and again."""

    def __init__(self, address: str, photo: bytes) -> None:
        """Prepare the request: the JPEG, to the gateway at an address such as `http://127.0.0.1:5000`."""
        parts = urlsplit(address)
        self._host, self._port = str(parts.hostname), int(parts.port or 80)
        head = f"POST /detect_emotion HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: image/jpeg\r\n"
        self._request = f"{head}Content-Length: {len(photo)}\r\n\r\n".encode() + photo
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self, due: float) -> Answer:
        """Post the photo now; `due` is when that was to happen, by the clock of `time.perf_counter`."""
        try:
            async with self._connection() as (reader, writer):
                writer.write(self._request)
                status, retry_after = await self._read(reader)
        except (OSError, asyncio.IncompleteReadError):
            status, retry_after = _NO_ANSWER, ""
        return Answer(status, time.perf_counter() - due, retry_after)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        while self._idle and self._idle[-1][0].at_eof():  # the server has closed it meanwhile
            self._idle.pop()[1].close()
        streams = self._idle.pop() if self._idle else await asyncio.open_connection(self._host, self._port)
        try:
            yield streams
        except BaseException:
            streams[1].close()
            raise
        self._idle.append(streams)

    @staticmethod
    async def _read(reader: asyncio.StreamReader) -> tuple[int, str]:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        await reader.readexactly(int(headers.get("content-length", 0)))
        if headers.get("connection", "").lower() == "close":
            raise ConnectionResetError("the server closes")
        return int(head[0].split()[1]), headers.get("retry-after", "")


async def closed_loop(client: PhotoClient, clients: int, seconds: float) -> float:
    """Requests answered a second when `clients` wait for each answer before they ask again: the capacity.

    A client that is refused asks again a little later.
    """
    end = time.perf_counter() + seconds
    answered: Counter[int] = Counter()

    async def ask_again_and_again() -> None:
        while (now := time.perf_counter()) < end:
            answer = await client.post(now)
            answered[answer.status] += 1
            if answer.status != 200:
                await asyncio.sleep(_AFTER_A_REFUSAL_S)

    await asyncio.gather(*(ask_again_and_again() for _ in range(clients)))
    if not answered[200]:
        raise RuntimeError(f"no request was answered: {dict(answered)}")
    return answered[200] / seconds


async def open_loop(client: PhotoClient, rate: float, seconds: float) -> list[Answer]:
    """Post `rate` photos a second, evenly, for so many seconds; then wait for the last answers."""
    tasks = []
    for due in _moments(time.perf_counter(), rate, seconds):
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        tasks.append(asyncio.create_task(client.post(due)))
    return list(await asyncio.gather(*tasks))


def _moments(begin: float, rate: float, seconds: float) -> Iterator[float]:
    return (begin + number / rate for number in range(int(rate * seconds)))
