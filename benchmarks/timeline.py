"""Where the time of one photo goes: what gateway and worker send to Redis and hear from it, and when.

    python -m benchmarks.timeline [--photos 200] [--whole] [--tcp]

One client posts a photo to `/detect_emotion` and waits, again and again, with nothing else running. Both processes note
the time of everything that passes their connections to Redis, by one clock; what lies between is work or waiting.
Prints the median of each step, and with `--whole` all notes of the photo whose time was nearest to the median.
"""

import argparse
import os
import runpy
import statistics
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import requests
from redis.connection import AbstractConnection

from benchmarks.photos import face_photo
from benchmarks.system import running_system

_SHOWN: Final = 60


class Note(NamedTuple):
    """Something that passed a connection."""

    at: float
    """Seconds, by the clock of `time.monotonic`, which all processes share."""
    role: str
    thread: str
    text: str


class Step(NamedTuple):
    """From the note before to the first one of a role that contains a text."""

    role: str
    contains: str
    name: str


_STEPS: Final = (
    Step("api", "> ZCARD", "gateway: accept, parse the head, ask for the load"),
    Step("api", "> EVALSHA", "gateway: admit, read the photo, send it"),
    Step("workers", "< BRPOP", "Redis stores it and pushes the message; the worker's loop wakes up"),
    Step("workers", "> EVALSHA", "worker: Celery hands it to a thread, which claims"),
    Step("workers", "< EVALSHA", "Redis gives job and image"),
    Step("workers", "> EVALSHA", "worker: analysis, result"),
    Step("api", "< message", "Redis stores the result and publishes it; the gateway's listener wakes up"),
    Step("client", "answer", "gateway: wakes the request, which answers; the client reads"),
)


def run(role: str, file: str) -> None:
    """Run `python -m role` with its connections to Redis noted in a file."""
    out = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    last = threading.local()

    def note(text: str) -> None:
        os.write(out, f"{time.monotonic():.6f}\t{role}\t{threading.current_thread().name}\t{text}\n".encode())

    send, receive = AbstractConnection.send_packed_command, AbstractConnection.read_response

    def noted_send(self: Any, command: Any, *args: Any, **options: Any) -> Any:
        data = command if isinstance(command, bytes) else b"".join(command)
        parts = data.split(b"\r\n", 5)
        last.sent = parts[2].decode(errors="replace") if len(parts) > 2 else "?"
        note(f"> {last.sent} {len(data)} bytes")
        return send(self, command, *args, **options)

    def noted_receive(self: Any, *args: Any, **options: Any) -> Any:
        answer = receive(self, *args, **options)
        is_message = isinstance(answer, list) and answer and answer[0] == b"message"
        is_popped = isinstance(answer, list) and len(answer) == 2 and answer[0] in (b"interactive", b"bulk")
        note("< message" if is_message else "< BRPOP" if is_popped else f"< {getattr(last, 'sent', '?')}")
        return answer

    AbstractConnection.send_packed_command = noted_send  # type: ignore[method-assign]
    AbstractConnection.read_response = noted_receive  # type: ignore[method-assign]
    sys.argv = [role]
    runpy.run_module(role, run_name="__main__", alter_sys=True)


def notes_of(folder: Path) -> list[Note]:
    """All notes, in order."""
    lines = (line.split("\t", 3) for file in folder.iterdir() for line in file.read_text().splitlines())
    return sorted(Note(float(at), role, thread, text) for at, role, thread, text in lines)


def steps_of(begun: float, ended: float, notes: list[Note]) -> list[float] | None:
    """Seconds that each of `_STEPS` took for the photo that was posted and answered at these times."""
    inside = [note for note in notes if begun <= note.at <= ended] + [Note(ended, "client", "", "answer")]
    at, taken = begun, []
    for step in _STEPS:
        found = next((n for n in inside if n.at >= at and n.role == step.role and step.contains in n.text), None)
        if found is None:
            return None
        taken.append(found.at - at)
        at = found.at
        inside.remove(found)
    return taken


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--tcp", action="store_true", help="speak to Redis over TCP, not over a Unix socket")
    arguments = parser.parse_args()
    photo, times = face_photo(), list[tuple[float, float]]()
    with TemporaryDirectory() as folder:
        traced = "from benchmarks.timeline import run; run({0!r}, {1!r})"
        programs = {role: traced.format(role, f"{folder}/{role}") for role in ("api", "workers")}
        with running_system(programs=programs, tcp=arguments.tcp) as system, requests.Session() as session:
            for _ in range(20 + arguments.photos):
                begun = time.monotonic()
                headers = {"Content-Type": "image/jpeg"}
                session.post(f"{system.address}/detect_emotion", data=photo, headers=headers).raise_for_status()
                times.append((begun, time.monotonic()))
        notes = notes_of(Path(folder))
    times = times[20:]
    _print(times, notes, whole=arguments.whole)


def _print(times: list[tuple[float, float]], notes: list[Note], *, whole: bool) -> None:
    found = [taken for begun, ended in times if (taken := steps_of(begun, ended, notes)) is not None]
    print(f"{len(found)} of {len(times)} photos have all steps; medians, ms:")
    for step, taken in zip(_STEPS, zip(*found, strict=True), strict=True):
        print(f"{statistics.median(taken) * 1000:7.2f}  {step.name}")
    middle = statistics.median(ended - begun for begun, ended in times)
    print(f"{middle * 1000:7.2f}  in all")
    if whole:
        begun, ended = min(times, key=lambda pair: abs(pair[1] - pair[0] - middle))
        for note in notes:
            if begun <= note.at <= ended:
                print(f"{(note.at - begun) * 1000:7.2f}  {note.role:8} {note.thread[:24]:24} {note.text[:_SHOWN]}")


if __name__ == "__main__":
    main()
