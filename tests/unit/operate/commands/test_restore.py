"""`mien restore`: what it refuses, and what it says that it did."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis

from contracts.backups import FORMAT, Begin, KeyPart
from contracts.events import CameraEvent, EventKind
from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.audit import AuditLog
from contracts.storage.backup import BackupSource
from contracts.storage.erasure import JobEraser
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.jobs import JobStore
from contracts.storage.restore import BackupTarget
from contracts.storage.stream_restore import StreamRestore
from contracts.storage.webhook_secrets import WebhookSecrets
from operate.archive import writing
from support.factories import make_worker_report

Mien = Callable[..., tuple[int, str]]


@pytest.fixture
def file(mien: Mien, redis: Redis, settings: Settings, tmp_path: Path) -> str:
    JobStore(redis, settings).create([b"image"], BULK)
    path = str(tmp_path / "a.backup")
    assert mien("backup", path)[0] == 0
    return path


def test_after_a_loss_everything_is_there_again(mien: Mien, redis: Redis, file: str) -> None:
    redis.flushall()
    assert mien("restore", file) == (0, "Of 1 jobs: 1 restored.\n")
    assert redis.zcard(keys.queued(BULK)) == 1
    told = json.loads(mien("restore", file, "--merge", "--json")[1])
    assert (told["jobs"], told["outcomes"]["exists"], told["outcomes"]["stored"]) == (1, 1, 0)


def test_it_mixes_nothing_up_unasked(mien: Mien, redis: Redis, settings: Settings, file: str) -> None:
    status, printed = mien("restore", file)
    assert (status, "There are 1 jobs, 0 API keys and 0 webhooks already" in printed) == (2, True)
    JobStore(redis, settings).create([b"another"], BULK)
    assert mien("restore", file, "--replace") == (0, "Of 1 jobs: 1 restored.\n")
    assert redis.zcard(keys.queued(BULK)) == 1


def test_what_a_file_without_secrets_lacks_is_not_deleted(
    mien: Mien, redis: Redis, settings: Settings, tmp_path: Path
) -> None:
    redis.hset(keys.API_KEYS, "an id", "of somebody")
    redis.set(keys.WEBHOOKS_SECRET, "signs")
    AuditLog(redis).changed("created", "an id")
    path = str(tmp_path / "without.backup")
    assert mien("backup", path, "--without-secrets")[0] == 0
    AuditLog(redis).changed("rotated", "an id")
    JobStore(redis, settings).create([b"another"], BULK)
    assert mien("restore", path, "--replace")[0] == 0
    assert redis.zcard(keys.queued(BULK)) == 0
    assert redis.hgetall(keys.API_KEYS) == {b"an id": b"of somebody"}
    assert redis.get(keys.WEBHOOKS_SECRET) == b"signs"
    events = [entry.event for entry in AuditLog(redis).changes(9)]
    assert events == ["created", "backed up", "rotated", "restored"]


def test_what_was_erased_or_revoked_while_the_backup_was_made_does_not_come_back(
    mien: Mien, redis: Redis, settings: Settings, tmp_path: Path
) -> None:
    jobs, log = JobStore(redis, settings), AuditLog(redis)
    job = jobs.create([b"image"], BULK)
    jobs.cancel(job.id)
    redis.hset(keys.API_KEYS, mapping={"revoked": "1", "kept": "2"})
    begin = Begin(format=FORMAT, id="b", made_at=1.0, mien="0.4.0", server="valkey", secrets=True, history=False)
    with writing(tmp_path / "a.backup", begin) as writer:
        for entry in BackupSource(redis, redis).entries():
            writer.write(entry)
            if entry.kind == "job":
                assert JobEraser(redis).erase(job.id)
                log.changed("revoked", "revoked")
    redis.flushall()
    assert mien("restore", str(tmp_path / "a.backup"))[0] == 0
    assert not redis.exists(keys.job(job.id))
    assert redis.hgetall(keys.API_KEYS) == {b"kept": b"2"}
    assert [entry.event for entry in log.changes(9)] == ["revoked", "restored"]


@pytest.mark.parametrize("options", [[], ["--merge"]])
def test_the_secret_that_receivers_know_comes_back_where_a_worker_has_made_another(
    mien: Mien, redis: Redis, tmp_path: Path, options: list[str]
) -> None:
    path, secrets = str(tmp_path / "a.backup"), WebhookSecrets(redis)
    known = secrets.current("")
    assert mien("backup", path)[0] == 0
    redis.flushall()
    (made,) = secrets.signing("")  # as for the next event of a camera
    status, printed = mien("restore", path, *options)
    assert (status, printed.splitlines()[1:]) == (
        0,
        [
            "Webhooks of jobs without an API key, and of events, are signed with the backup's secret again; the one "
            "that was here since signs as well for a week."
        ],
    )
    assert secrets.signing("") == [known, made]
    assert json.loads(mien("restore", path, "--merge", "--json")[1])["webhooks_secret"] == "same"


@pytest.mark.parametrize("option", ["--merge", "--replace"])
@pytest.mark.parametrize("noted", [True, False])
def test_a_secret_that_was_rotated_since_stays(
    mien: Mien, redis: Redis, tmp_path: Path, option: str, noted: bool
) -> None:
    path, secrets = str(tmp_path / "a.backup"), WebhookSecrets(redis)
    known = secrets.current("")
    redis.hset(keys.API_KEYS, "of the backup", "1")
    of_key = secrets.current("of the backup")
    assert mien("backup", path)[0] == 0
    new = secrets.rotate("", overlap_s=600)
    redis.hset(keys.WEBHOOKS_SECRETS, "since", "2")
    if noted:
        AuditLog(redis).changed("rotated", "", "secret of webhooks")
    assert "was rotated here since, and stays" in mien("restore", path, option)[1]
    assert secrets.signing("") == [new, known]
    assert redis.get(keys.WEBHOOKS_SECRET) == new.encode()
    assert secrets.current("of the backup") == of_key
    assert redis.hexists(keys.WEBHOOKS_SECRETS, "since") == (option == "--merge")


def test_a_secret_that_nobody_rotated_is_replaced(mien: Mien, redis: Redis, tmp_path: Path) -> None:
    path, secrets = str(tmp_path / "a.backup"), WebhookSecrets(redis)
    known = secrets.current("")
    assert mien("backup", path)[0] == 0
    redis.flushall()
    secrets.current("")
    assert mien("restore", path, "--replace") == (0, "Of 0 jobs: none.\n")
    assert secrets.signing("") == [known]


def test_the_history_of_a_camera_that_goes_on_comes_back(
    mien: Mien, redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, history = str(tmp_path / "a.backup"), keys.history("hall")
    for number in range(1, 1_201):
        redis.xadd(history, {"sample": "{}"}, id=f"{number}-0")
    redis.zadd(keys.HISTORIES, {"hall": 600})
    assert mien("backup", path, "--history")[0] == 0
    redis.flushall()
    redis.xadd(history, {"sample": "{}"}, id="1201-0")
    assert mien("restore", path) == (0, "Of 0 jobs: none.\n")
    assert redis.xlen(history) == 1_201
    monkeypatch.setattr(StreamRestore, "end", lambda _: 1_200)
    assert "1,200 samples and events of cameras were not put back" in mien("restore", path, "--merge")[1]
    assert json.loads(mien("restore", path, "--merge", "--json")[1])["samples_dropped"] == 1_200


@pytest.mark.parametrize("what", ["camera hall", "history of camera hall"])
def test_what_was_erased_of_a_camera_since_does_not_come_back(
    mien: Mien, redis: Redis, tmp_path: Path, what: str
) -> None:
    path, log = str(tmp_path / "a.backup"), AuditLog(redis)
    log.changed("erased", "", "history of camera door")  # and it went on
    now_ms = 1_000 * int(redis.time()[0]) + 1_000
    for camera in ("hall", "door"):
        event = CameraEvent(at=1.0, camera=camera, kind=EventKind.LEFT).model_dump_json()
        for number in range(600):
            redis.xadd(keys.history(camera), {"sample": "{}"}, id=f"{now_ms + number}-0")
            redis.xadd(keys.EVENTS, {"event": event})
        redis.zadd(keys.HISTORIES, {camera: 600})
    redis.pexpireat(keys.history("hall"), now_ms + 600_000)
    assert mien("backup", path, "--history")[0] == 0
    log.changed("erased", "", what)
    log.changed("erased", "", "finished jobs of this key")
    redis.delete(keys.history("hall"), keys.history("door"), keys.EVENTS, keys.HISTORIES)
    redis.xadd(keys.history("hall"), {"sample": "{}"}, id=f"{now_ms + 600}-0")  # it goes on
    redis.pexpireat(keys.history("hall"), now_ms + 900_000)
    status, printed = mien("restore", path, "--merge")
    assert (status, "1,200 samples and events of cameras were erased since, and not" in printed) == (0, True), printed
    assert redis.xlen(keys.history("hall")) == 1
    assert redis.pexpiretime(keys.history("hall")) == now_ms + 900_000
    assert redis.xlen(keys.history("door")) == redis.xlen(keys.EVENTS) == 600
    assert redis.zrange(keys.HISTORIES, 0, -1) == [b"door"]
    assert json.loads(mien("restore", path, "--merge", "--json")[1])["samples_erased"] == 1_200


def test_of_what_was_erased_while_the_backup_was_made_nothing_comes_back_after_a_loss(
    mien: Mien, redis: Redis, tmp_path: Path
) -> None:
    for number in range(1, 4):
        redis.xadd(keys.history("hall"), {"sample": "{}"}, id=f"{number}-0")
    redis.zadd(keys.HISTORIES, {"hall": 600})
    begin = Begin(format=FORMAT, id="b", made_at=1.0, mien="0.4.0", server="valkey", secrets=True, history=True)
    with writing(tmp_path / "a.backup", begin) as writer:
        for entry in BackupSource(redis, redis).entries(history=True):
            writer.write(entry)
            if isinstance(entry, KeyPart) and entry.key == keys.history("hall"):
                AuditLog(redis).changed("erased", "", "camera hall")
    redis.flushall()
    assert mien("restore", str(tmp_path / "a.backup"))[0] == 0
    assert not redis.exists(keys.history("hall"))


def test_where_there_is_no_room_for_histories_all_else_is_there(mien: Mien, redis: Redis, tmp_path: Path) -> None:
    path, history = str(tmp_path / "a.backup"), keys.history("hall")
    for number in range(1, 3_001):
        redis.xadd(history, {"sample": "x" * 3_000}, id=f"{number}-0")
    redis.zadd(keys.HISTORIES, {"hall": 600})
    redis.set(keys.NETWORKS, "a plan")
    AuditLog(redis).operated("networks", "a change")
    assert mien("backup", path, "--history")[0] == 0
    redis.delete(keys.NETWORKS, keys.AUDIT_OPERATIONS)
    redis.config_set("maxmemory", int(redis.info("memory")["used_memory"]) + 3_000_000)
    try:
        status, printed = mien("restore", path, "--merge")
    finally:
        redis.config_set("maxmemory", 0)
    assert (status, "3,000 samples and events of cameras were not put back" in printed) == (0, True), printed
    assert redis.xlen(history) == 3_000
    assert redis.get(keys.NETWORKS) == b"a plan"
    assert [entry.event for entry in AuditLog(redis).changes(9)] == ["networks", "backed up", "restored"]


def test_all_else_comes_before_what_cameras_have_shown(
    mien: Mien, redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, put = str(tmp_path / "a.backup"), list[str]()
    redis.xadd(keys.history("hall"), {"sample": "{}"}, id="1-0")
    redis.zadd(keys.HISTORIES, {"hall": 600})
    redis.set(keys.NETWORKS, "a plan")
    redis.lpush(keys.AUDIT, "a line")
    assert mien("backup", path, "--history")[0] == 0
    monkeypatch.setattr(BackupTarget, "put", lambda _, entry, anew: put.append(entry.key))
    mien("restore", path)
    assert put == [keys.NETWORKS, keys.AUDIT, keys.AUDIT_OPERATIONS, keys.HISTORIES, keys.history("hall")]


def test_what_workers_work_on_is_not_replaced(mien: Mien, redis: Redis, file: str) -> None:
    HeartbeatStore(redis).report(make_worker_report("w1"))
    status, printed = mien("restore", file, "--replace")
    assert (status, "1 workers are at work (w1). Stop all workers" in printed) == (2, True)
    assert redis.zcard(keys.queued(BULK)) == 1


def test_a_damaged_file_changes_nothing(mien: Mien, redis: Redis, file: str) -> None:
    Path(file).write_bytes(Path(file).read_bytes()[:-20])
    redis.flushall()
    status, printed = mien("restore", file)
    assert (status, "nothing of it was restored" in printed) == (2, True)
    assert redis.keys("*") == []
    assert mien("restore", f"{file}.none")[0] == 2


def test_a_file_can_be_looked_at_only(mien: Mien, redis: Redis, file: str) -> None:
    redis.flushall()
    status, printed = mien("restore", file, "--check")
    assert (status, printed.startswith("The file is sound: 1 jobs, made by Mien ")) == (0, True)
    assert redis.keys("*") == []


def test_a_server_that_gets_full_is_told_and_the_rest_follows(mien: Mien, redis: Redis, file: str) -> None:
    redis.flushall()
    redis.config_set("maxmemory", 1)
    try:
        status, printed = mien("restore", file)
    finally:
        redis.config_set("maxmemory", 0)
    assert (status, "go on with --merge" in printed) == (2, True)
    assert mien("restore", file, "--merge") == (0, "Of 1 jobs: 1 restored.\n")


def test_an_empty_server_is_one_without_jobs_keys_and_webhooks(redis: Redis, settings: Settings) -> None:
    HeartbeatStore(redis).report(make_worker_report("w1"))
    assert not any(BackupTarget(redis, redis, settings).occupied())
