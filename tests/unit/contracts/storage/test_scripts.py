"""Lua scripts: each compiles, tells what it does, and runs when memory is full."""

import re
from importlib.resources import files

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from contracts.storage.scripts import PRELUDES, READ_ONLY, REFUSED_WHEN_FULL, Call, load_script, run_scripts

FOLDER = files("contracts.storage").joinpath("lua")
NAMES = sorted(file.name.removesuffix(".lua") for file in FOLDER.iterdir())
PUT_BEFORE = {name for names in PRELUDES.values() for name in names}
FUNCTION = re.compile(r"^local function (\w+)", re.MULTILINE)


def text(name: str) -> str:
    return FOLDER.joinpath(f"{name}.lua").read_text(encoding="utf-8")


def test_all_are_known_here() -> None:
    assert {*PRELUDES, *PUT_BEFORE, *REFUSED_WHEN_FULL, *READ_ONLY} < set(NAMES)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in PUT_BEFORE])
def test_a_script_compiles_and_may_run_in_full_memory_but_for_those_that_add(redis: Redis, name: str) -> None:
    script = load_script(redis, name)
    assert redis.script_load(script.script) == script.sha
    first = script.script.partition("\n")[0]
    allowed = "#!lua flags=allow-oom,no-writes" if name in READ_ONLY else "#!lua flags=allow-oom"
    assert first == ("#!lua" if name in REFUSED_WHEN_FULL else allowed)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in PUT_BEFORE])
def test_a_script_has_the_functions_that_it_uses_before_it_and_no_file_for_nothing(name: str) -> None:
    given = PRELUDES.get(name, ())
    shared = {function: file for file in PUT_BEFORE for function in FUNCTION.findall(text(file))}
    parts = [*given, name]
    used = {part: {shared[word] for word in re.findall(r"\w+(?=\()", text(part)) if word in shared} for part in parts}
    for place, part in enumerate(parts):
        assert used[part] <= {*parts[:place], part}, "compiled without, it fails when it runs"
    assert set(given) <= set().union(*used.values())


@pytest.mark.parametrize("name", NAMES)
def test_a_script_begins_with_what_it_does_and_takes(name: str) -> None:
    header = text(name)[: text(name).index("\n", text(name).index("-- KEYS:"))]
    assert all(line.startswith("--") for line in header.splitlines())


def test_scripts_run_together_are_loaded_where_the_server_does_not_know_them(redis: Redis) -> None:
    release = load_script(redis, "release")
    redis.set("once", "id fingerprint")
    redis.script_flush()
    calls = [Call(release, ["once", "note"], ["id"]), Call(load_script(redis, "watch"), ["mien:job:x"], ["channel"])]
    for _ in range(2):
        assert run_scripts(redis, calls)[1] == []
        assert not redis.exists("once")


def test_an_error_of_one_of_them_stays_with_it(redis: Redis) -> None:
    redis.set("mien:job:x", "no hash")
    redis.set("once", "id fingerprint")
    release, watch = load_script(redis, "release"), load_script(redis, "watch")
    failed, _ = run_scripts(redis, [Call(watch, ["mien:job:x"], ["channel"]), Call(release, ["once", "note"], ["id"])])
    assert isinstance(failed, ResponseError)
    assert not redis.exists("once")
