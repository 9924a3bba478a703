"""`mien webhooks` shows what was given up, and has it tried again."""

import json
from collections.abc import Callable

import pytest
from redis import Redis

from contracts.errors import BrokerUnavailable
from contracts.jobs import JobOptions
from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.audit import AuditLog
from contracts.storage.jobs import JobStore
from contracts.storage.webhooks import DeadWebhook, WebhookStore
from operate.__main__ import OF_GATEWAY

Mien = Callable[..., tuple[int, str]]
URL = "https://example.com/hook"


@pytest.fixture
def dead(redis: Redis, settings: Settings) -> list[str]:
    """Jobs whose webhooks were given up, the last one first."""
    jobs, store = JobStore(redis, settings), WebhookStore(redis, settings)
    ids = []
    for _ in range(2):
        job = jobs.create([b"image"], BULK, options=JobOptions(webhook=URL))
        jobs.cancel(job.id)
        store.failed(job.id, URL, "answered 410", final=True)
        ids.insert(0, job.id)
    return ids


def test_those_that_were_given_up_are_shown_with_the_reason(mien: Mien, dead: list[str]) -> None:
    status, printed = mien("webhooks", "dead", "--json")
    assert (status, [one["job"] for one in json.loads(printed)]) == (0, dead)
    assert "answered 410" in mien("webhooks", "dead")[1]


def test_one_or_all_are_tried_again(mien: Mien, dead: list[str], redis: Redis, settings: Settings) -> None:
    assert mien("webhooks", "replay", dead[0]) == (0, "1 webhooks are tried again.\n")
    store = WebhookStore(redis, settings)
    assert [one.job for one in store.dead()] == dead[1:]
    assert mien("webhooks", "replay", "--all") == (0, "1 webhooks are tried again.\n")
    assert store.dead() == []
    assert set(store.take_due()) == set(dead)


@pytest.mark.parametrize("words", [(), ("--all", "an id")])
def test_it_replays_nothing_by_mistake(mien: Mien, dead: list[str], words: tuple[str, ...]) -> None:
    status, printed = mien("webhooks", "replay", *words)
    assert (status, "Name the jobs" in printed) == (2, True)


def test_one_that_is_not_there_is_told_and_the_others_are_tried_again(
    mien: Mien, dead: list[str], redis: Redis, settings: Settings
) -> None:
    status, printed = mien("webhooks", "replay", dead[0], "none", dead[1], "nobody", dead[0])
    told = "mien: 2 were not found: no webhook was given up of none, nobody."
    assert (status, printed.splitlines()) == (1, ["2 webhooks are tried again.", told])
    assert set(WebhookStore(redis, settings).take_due()) == set(dead)
    assert [entry.what for entry in AuditLog(redis).newest(2)] == ["2 webhooks"]


def test_one_that_goes_while_all_are_replayed_leaves_none_of_the_others_out(
    mien: Mien, dead: list[str], redis: Redis, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(store: WebhookStore) -> list[DeadWebhook]:
        found = listed(store)
        redis.hdel(keys.WEBHOOKS_DEAD, dead[0])  # somebody else has replayed it
        return found

    listed = WebhookStore.dead
    monkeypatch.setattr(WebhookStore, "dead", read)
    status, printed = mien("webhooks", "replay", "--all")
    assert (status, "1 webhooks are tried again.\n" in printed, dead[0] in printed) == (1, True, True)
    assert WebhookStore(redis, settings).take_due() == dead[1:]


def test_what_was_replayed_before_redis_went_away_is_in_the_audit_log(
    mien: Mien, dead: list[str], redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def once(store: WebhookStore, job_id: str) -> None:
        if job_id == dead[1]:
            raise BrokerUnavailable("It does not answer.")
        replay(store, job_id)

    replay = WebhookStore.replay
    monkeypatch.setattr(WebhookStore, "replay", once)
    status, printed = mien("webhooks", "replay", "--all")
    assert (status, printed) == (1, "1 webhooks are tried again.\nmien: It does not answer.\n")
    assert [entry.what for entry in AuditLog(redis).newest(2)] == ["1 webhooks"]


def test_the_gateways_words_are_in_the_list(mien: Mien, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        mien("webhooks", "--help")
    shown = capsys.readouterr().out
    assert {words[1] for words in OF_GATEWAY if len(words) == 2} <= set(shown.split())
