"""Whatever a process writes, and however: each line is one of JSON, and none is lost."""

import json
import subprocess
import sys
from typing import Any

from contracts.plain_lines import as_json

PROGRAM = """
import logging, os, subprocess, sys, threading, warnings
from contracts.process import run_process

def main(settings):
    os.write(2, b"a line of a C library\\n\\nand one without an end")
    os.write(2, b" of it\\n")
    os.write(1, b'{"name": "a span"}\\n')
    print("Grüße", flush=True)
    logging.getLogger("ours").info("said %s", "so")
    warnings.warn("old", stacklevel=1)
    subprocess.run([sys.executable, "-c", "import sys; sys.exit('a child: ' + chr(0xdc80))"], check=False)
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
    os.write(2, b"the last")
    if sys.argv[1:]:
        raise ZeroDivisionError("a mistake of ours")

status = run_process("worker", main)
logging.getLogger("ours").warning("after all")
sys.exit(status)
"""

FORK = """
import os, signal, sys
from contracts.plain_lines import every_line_as_json

with every_line_as_json("worker"):
    child = os.fork()
    if not child:
        signal.alarm(30)
        for _ in range(2_000):
            os.write(1, b"x" * 99 + bytes([10]))
        os._exit(0)
    _, status = os.waitpid(child, 0)
os._exit(os.waitstatus_to_exitcode(status) != 0)
"""


def lines(*arguments: str) -> tuple[int, list[dict[str, Any]], list[dict[str, Any]]]:
    """The exit status, and what stands in the output and in the error stream."""
    environment = {"MIEN_LOG_FORMAT": "json", "PYTHONWARNINGS": "default", "PATH": ""}
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, env=environment, timeout=120, check=False
    )
    out, err = ([json.loads(line) for line in stream.splitlines()] for stream in (ended.stdout, ended.stderr))
    return ended.returncode, out, err


def test_every_line_is_one_of_json_whoever_writes_it() -> None:
    status, out, err = lines()
    assert status == 0
    assert out[0] == {"name": "a span"}, "what is JSON already goes on as it is"
    assert [line["event"] for line in out[1:]] == ["Grüße"]
    said = [(line["logger"], line["event"]) for line in err]
    plain = [event for logger, event in said if logger == "stderr"]
    assert plain == ["a line of a C library", "and one without an end of it", "a child: \\udc80", "the last"]
    assert ("ours", "said so") in said
    assert any(logger == "py.warnings" and "old" in event for logger, event in said)
    (thread,) = [line for line in err if line["event"] == "a thread was ended by an unexpected error"]
    assert "ZeroDivisionError" in thread["error"]
    assert said[-1] == ("ours", "after all")
    assert {line["role"] for line in err} == {"worker"}


def test_an_unexpected_error_is_one_line_with_its_traceback() -> None:
    status, _, err = lines("fail")
    assert status == 1
    (line,) = [line for line in err if line["event"] == "ended by an unexpected error"]
    assert line["level"] == "critical"
    assert "ZeroDivisionError: a mistake of ours" in line["error"]


def test_what_only_looks_like_json_is_put_into_a_line_of_it() -> None:
    for text in ("{", "{broken}", "[1]", "plain", '"text"'):
        line = json.loads(as_json(text, "worker", "stderr"))
        assert (line["event"], line["role"], line["logger"]) == (text, "worker", "stderr")
    assert as_json('{"a": 1}', "worker", "stderr") == '{"a": 1}'


def test_a_stream_that_takes_nothing_holds_up_nobody_who_writes_more_than_a_pipe_takes() -> None:
    with open("/dev/full", "wb") as full:
        ended = subprocess.run([sys.executable, "-c", FORK], stdout=full, timeout=120, check=False)
    assert ended.returncode == 0
