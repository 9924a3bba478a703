"""Lua scripts: each compiles, tells what it does, and runs when memory is full."""

from importlib.resources import files

import pytest
from redis import Redis

from contracts.storage.scripts import load_script

FOLDER = files("contracts.storage").joinpath("lua")
NAMES = sorted(file.name.removesuffix(".lua") for file in FOLDER.iterdir())
PRELUDES = {
    "cancel": "finalize",
    "claim": "finalize",
    "finish": "finalize",
    "erase": "forget_annotated",
    "keep_annotated": "forget_annotated",
}


def test_all_are_known_here() -> None:
    assert {*PRELUDES, *PRELUDES.values()} < set(NAMES)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in PRELUDES.values()])
def test_a_script_compiles_and_may_run_in_full_memory(redis: Redis, name: str) -> None:
    script = load_script(redis, name, prelude=PRELUDES.get(name, ""))
    assert redis.script_load(script.script) == script.sha
    assert script.script.startswith("#!lua flags=allow-oom\n")


@pytest.mark.parametrize("name", NAMES)
def test_a_script_begins_with_what_it_does_and_takes(name: str) -> None:
    text = FOLDER.joinpath(f"{name}.lua").read_text(encoding="utf-8")
    header = text[: text.index("\n", text.index("-- KEYS:"))]
    assert all(line.startswith("--") for line in header.splitlines())
