"""`mien backup` writes all that is kept, once, for its owner's eyes."""

import gzip
import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis

from contracts.queues import BULK, INTERACTIVE
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.jobs import JobStore

Mien = Callable[..., tuple[int, str]]


def test_it_tells_what_is_in_the_file_and_only_its_owner_reads_that(
    mien: Mien, redis: Redis, settings: Settings, tmp_path: Path
) -> None:
    jobs = JobStore(redis, settings)
    jobs.create([b"image"], BULK)
    jobs.cancel(jobs.create([b"image"], INTERACTIVE).id)
    file = tmp_path / "night.backup"
    status, printed = mien("backup", str(file), "--json")
    told = json.loads(printed)
    assert (status, told["jobs"], told["open_jobs"], told["bytes"]) == (0, 2, 1, file.stat().st_size)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["night.backup"]
    assert "2 jobs, 1 of them open, with API keys" in mien("backup", str(tmp_path / "other"))[1]


def test_no_backup_is_overwritten(mien: Mien, tmp_path: Path) -> None:
    file = tmp_path / "night.backup"
    assert mien("backup", str(file))[0] == 0
    before = file.read_bytes()
    status, printed = mien("backup", str(file))
    assert (status, "is there already" in printed) == (2, True)
    assert file.read_bytes() == before


def test_what_cannot_be_finished_leaves_no_file(mien: Mien, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert mien("backup", str(tmp_path / "no" / "folder"))[0] == 2
    monkeypatch.setenv("MIEN_REDIS_URL", "redis://127.0.0.1:1/0")
    assert mien("backup", str(tmp_path / "night.backup"))[0] == 1
    assert list(tmp_path.iterdir()) == []


def test_secrets_are_left_out_where_that_is_wished(mien: Mien, redis: Redis, tmp_path: Path) -> None:
    redis.hset(keys.API_KEYS, "an id", "of somebody")
    redis.set(keys.WEBHOOKS_SECRET, "whsec_a")
    for name, options, expected in (("with", [], True), ("without", ["--without-secrets"], False)):
        assert mien("backup", str(tmp_path / name), *options)[0] == 0
        text = gzip.decompress((tmp_path / name).read_bytes())
        assert (b"mien:apikeys" in text, b"mien:webhooks:secret" in text) == (expected, expected)
