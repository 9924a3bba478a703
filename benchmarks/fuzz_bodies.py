"""Hundreds of thousands of damaged bodies against a running gateway: forms, JSON, ZIPs, images, and HTTP itself.

    python -m benchmarks.fuzz_bodies [--count 250000] [--seed 1] [--jobs 2]

Everything is answered, or the connection closed, within `LONGEST_S`; with no status above 499 but 503, which says that
there is too much to do; and at the end the same processes run as at the beginning. Jobs that are accepted are canceled.
`make fuzz-images` runs it; the tests have a small version.
"""

import argparse
import base64
import io
import json
import random
import re
import socket
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import psutil

from benchmarks.fields import changed, extremes, fields
from benchmarks.fuzz_images import damaged, seeds
from benchmarks.system import System, running_system

LONGEST_S: Final = 20.0
"""Longer than a body may take that does not come (`MIEN_TRANSFER_GRACE_S`)."""
_LOCATION: Final = re.compile(rb"\r\nlocation: (\S+)", re.IGNORECASE)
_BOUNDARY: Final = b"xYzZY"
_TOKENS: Final = (
    b"\r\n", b"\n", b"\r\n\r\n", b"--" + _BOUNDARY, b"--" + _BOUNDARY + b"--", b"\0", b'"', b"\\", b"{", b"]",
    b"null", b"1e999", b"-1", b"9" * 400, b"[" * 500, b"\xff\xfe", b"\xed\xa0\x80", b"\\ud800", b"=" * 50,
    b"data:image/png;base64,",
    b"; filename*=UTF-8''%ff", b"; name=", b"Content-Type: multipart/mixed", b"Content-Length: -1\r\n", b"," * 500,
)  # fmt: skip
_LENGTHS: Final = (
    b"-1", b"+5", b"0x10", b"1e3", b" 7 ", b"", b"007", b"5, 5", b"5\r\nContent-Length: 6", b"9" * 19, b"9" * 400,
)  # fmt: skip
_SIZES: Final = (b"-1", b"+5", b"0x5", b"", b" ", b"G", b"7fffffffffffffff", b"f" * 16, b"f" * 400, b"5;" + b"x" * 9000)


_NAMES: Final = ("", " ", "/", "a/", "..", "\\", "C:", "\u00e9{}", "\ud7ff", ".", "__MACOSX/{}", "x" * 60_000)
"""Of a file in an archive."""


class Body(NamedTuple):
    """A request's body, and of which type it says to be."""

    kind: str
    data: bytes


def sound_bodies() -> list[Body]:
    """A body of every form that images are sent in."""
    photo, picture = seeds()[0], seeds()[5]
    text = [base64.b64encode(data).decode() for data in (photo, picture)]
    lists = {"images": [{"image": text[0], "name": "me.jpg"}, text[1]], "annotate": True, "metadata": {"order": 7}}
    stored, packed = (_archive((photo, picture), method) for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    form = f"multipart/form-data; boundary={_BOUNDARY.decode()}"
    return [
        Body("application/json", json.dumps(lists).encode()),
        Body("application/json", json.dumps({"image": list(picture)}).encode()),
        Body("application/json; charset=utf-8", json.dumps({"image": f"data:image/jpeg;base64,{text[0]}"}).encode()),
        Body(form, _form(photo, picture)),
        Body(form, _form(photo, picture)),
        Body("application/zip", stored),
        Body("application/zip", packed),
        Body("image/jpeg", photo),
        Body("image/png", picture),
    ]


def _archive(images: tuple[bytes, ...], method: int, name: str = "folder/{}.jpg") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for index, image in enumerate(images):
            archive.writestr(zipfile.ZipInfo(name.format(index)), image, method)
    return buffer.getvalue()


def _form(photo: bytes, picture: bytes) -> bytes:
    parts = [
        b'name="images"; filename="me.jpg"\r\nContent-Type: image/jpeg\r\n\r\n' + photo,
        b"name=\"images\"; filename*=UTF-8''m%C3%A9.png\r\nContent-Transfer-Encoding: binary\r\n\r\n" + picture,
        b'name="metadata"\r\n\r\n{"order": 7}',
        b'name="priority"\r\n\r\nbulk',
    ]
    begin = b"--" + _BOUNDARY + b"\r\nContent-Disposition: form-data; "
    return b"".join(begin + part + b"\r\n" for part in parts) + b"--" + _BOUNDARY + b"--\r\n"


class Request(NamedTuple):
    """Bytes for a connection, and whether another request may follow on it."""

    data: bytes
    last: bool


def requests(seed: int, begin: int, count: int) -> Iterator[Request]:
    """Damaged requests ``begin`` to ``begin + count`` of a seed."""
    bodies = sound_bodies()
    for index in range(begin, begin + count):
        dice = random.Random(f"{seed}/{index}")
        body = dice.choice(bodies)
        if dice.random() < 0.85:
            yield Request(_request(_damaged(body, dice), dice), last=False)
        else:
            yield Request(_damaged_http(body, dice), last=True)


def _damaged(body: Body, dice: random.Random) -> Body:
    kind, data = body
    chance = dice.random()
    if kind == "application/zip" and chance < 0.1:
        data = _archive(seeds()[:1], dice.choice((zipfile.ZIP_STORED, zipfile.ZIP_LZMA)), dice.choice(_NAMES))
    elif kind == "application/zip" and chance < 0.6:
        places = dice.sample(fields(data), dice.choice((1, 1, 2)))
        data = changed(data, *((place, dice.choice(extremes(data, place))) for place in places))
    elif chance < 0.5:
        for _ in range(dice.choice((1, 1, 2, 5))):
            place = dice.randrange(len(data) + 1)
            data = data[:place] + dice.choice(_TOKENS) + data[place + dice.choice((0, 0, 1, 10)) :]
    else:
        data = damaged([data], dice)
    if dice.random() < 0.1:
        kind = damaged([kind.encode()], dice).decode("latin-1")
        kind = "".join(character for character in kind if character.isprintable())
    return Body(kind, data)


def _request(body: Body, dice: random.Random) -> bytes:
    if dice.random() < 0.2:
        return _head(body, b"Transfer-Encoding: chunked", dice) + _chunked(body.data, dice)
    return _head(body, b"Content-Length: %d" % len(body.data), dice) + body.data


def _head(body: Body, length: bytes, dice: random.Random) -> bytes:
    target = b"/detect_emotion" if dice.random() < 0.02 else b"/v1/jobs"
    kind = body.kind.encode("latin-1", "replace")
    return b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: %s\r\n%s\r\n\r\n" % (target, kind, length)


def _chunked(data: bytes, dice: random.Random) -> bytes:
    size = dice.choice((1 + len(data) // 3, 4096, 1 + len(data)))
    pieces = [data[begin : begin + size] for begin in range(0, len(data), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def _damaged_http(body: Body, dice: random.Random) -> bytes:
    """A request whose length is not what it says: of the body, or of one of its chunks."""
    data = body.data
    if dice.random() < 0.5:
        near = [b"%d" % max(0, len(data) + more) for more in (-1, 1, 100, 2**31, 2**32, 2**63, 2**64)]
        length = b"Content-Length: " + dice.choice((*_LENGTHS, *near))
        if dice.random() < 0.2:
            return _head(body, length + b"\r\nTransfer-Encoding: chunked", dice) + _chunked(data, dice)
        return _head(body, length, dice) + data
    chunks = _chunked(data, dice)
    size, rest = chunks.split(b"\r\n", 1)
    match dice.randrange(4):
        case 0:
            chunks = dice.choice(_SIZES) + b"\r\n" + rest
        case 1:
            chunks = b"%x\r\n" % max(0, int(size, 16) + dice.choice((-1, 1, 2**20, 2**31, 2**63))) + rest
        case 2:
            chunks = damaged([chunks], dice)
        case _:
            chunks = chunks[:-2] + b"Trailer: " + b"x" * dice.choice((0, 10, 70_000)) + b"\r\n" * dice.choice((0, 1, 2))
    return _head(body, b"Transfer-Encoding: chunked", dice) + chunks


class Client:
    """One connection after another to the gateway."""

    def __init__(self, address: str) -> None:
        """Connect when something is sent."""
        self._address = urlsplit(address)
        self._socket: socket.socket | None = None
        self._rest = b""

    def outcome(self, request: Request) -> str:
        """Send a request; the status of its answer, ``closed`` without one, or ``no answer``."""
        try:
            status, head = self._exchange(request.data, last=request.last)
            if status == "202":
                place = _LOCATION.search(head)
                cancel = b"DELETE %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % (place[1] if place else b"/")
                self._exchange(cancel, last=False)
        except TimeoutError:
            self.close()
            return "no answer"
        except OSError:
            self.close()
            return "closed"
        return status or "closed"

    def _exchange(self, data: bytes, *, last: bool) -> tuple[str, bytes]:
        """Status and head of the answer; empty if there is none."""
        if self._socket is None:
            where = (self._address.hostname, self._address.port)
            self._socket = socket.create_connection(where, timeout=LONGEST_S)
        try:
            self._socket.sendall(data)
            if last:
                self._socket.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has been answered before it was read to its end
        head = self._read_to(b"\r\n\r\n")
        while head.startswith(b"HTTP/1.1 100"):
            head = self._read_to(b"\r\n\r\n")
        lower = head.lower()
        if b"content-length: " in lower:
            self._read(int(lower.partition(b"content-length: ")[2].split(b"\r\n")[0]))
        if last or b"connection: close" in lower or not head:
            self.close()
        return head[9:12].decode(), head

    def _read_to(self, end: bytes) -> bytes:
        while end not in self._rest:
            if not self._more():
                return b""
        head, _, self._rest = self._rest.partition(end)
        return head + end

    def _read(self, size: int) -> None:
        while len(self._rest) < size:
            if not self._more():
                return
        self._rest = self._rest[size:]

    def _more(self) -> bool:
        assert self._socket is not None
        received = self._socket.recv(65_536)
        self._rest += received
        return bool(received)

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._socket is not None:
            self._socket.close()
        self._socket, self._rest = None, b""


def send(address: str, seed: int, begin: int, count: int) -> Counter[str]:
    """Send some of a seed's requests; how often each outcome came, and which requests had one that may not be."""
    client, outcomes = Client(address), Counter[str]()
    for index, request in enumerate(requests(seed, begin, count), begin):
        outcome = client.outcome(request)
        outcomes[outcome] += 1
        if is_wrong(outcome):
            outcomes[f"wrong: {outcome}, request {index}"] += 1
    client.close()
    return outcomes


def is_wrong(outcome: str) -> bool:
    """Whether no request may have this outcome."""
    return outcome == "no answer" or (outcome.startswith("5") and outcome != "503")


def processes(system: System) -> set[int]:
    """Of gateway and worker, without those that decode."""
    family = [each for one in (system.gateway, *system.workers) for each in (one, *one.children())]
    return {each.pid for each in family if not _decodes(each)}


def _decodes(process: psutil.Process) -> bool:
    return "models.images.decoder_child" in process.cmdline()


def main() -> int:
    """Run it. Returns 1 if anything but answers came, or a process ended."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=250_000, help="requests; default: %(default)s")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="connections at a time; default: %(default)s")
    arguments = parser.parse_args()
    begun, share = time.monotonic(), -(-arguments.count // arguments.jobs)
    with running_system() as system, ThreadPoolExecutor(arguments.jobs) as threads:
        before = processes(system)
        parts = [
            threads.submit(send, system.address, arguments.seed, begin, min(share, arguments.count - begin))
            for begin in range(0, arguments.count, share)
        ]
        outcomes = sum((part.result() for part in parts), Counter[str]())
        ended = before - processes(system)
    for outcome, count in outcomes.most_common():
        print(f"{count:9,}  {outcome}")
    print(f"{len(ended)} processes have ended; {time.monotonic() - begun:.0f} s")
    return int(bool(ended) or any(outcome.startswith("wrong") for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
