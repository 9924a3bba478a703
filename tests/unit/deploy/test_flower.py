"""What Flower is started with, and what of its log is left out."""

import asyncio
import logging
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from contracts.settings import Settings
from deploy import flower

pytestmark = pytest.mark.usefixtures("restored_logging")


@pytest.fixture(autouse=True)
def restored_signal() -> Iterator[None]:
    """SIGTERM means after the test what it meant before."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


class Recorded:
    """Stands for Flower: says that it was started, and ends."""

    def __init__(self) -> None:
        self.did: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return lambda: self.did.append(name)


def test_it_listens_where_the_settings_say_and_only_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWER_READ_ONLY", "false")

    async def make() -> Any:  # Flower belongs to the loop that runs
        return flower.make_flower(Settings(flower_port=82, host="::1"), "mien:secret")

    made = asyncio.run(make())
    assert (made.options.address, made.options.port) == ("::1", 82)
    assert made.options.read_only is True
    assert {"args", "result"} <= set(made.options.tasks_columns.split(",")), "the queue and size of a batch"
    assert made.options.purge_offline_workers == 600
    assert made.options.basic_auth == ["mien:secret"]
    assert made.capp.conf.broker_pool_limit == 0


def test_passwords_differ_and_are_long() -> None:
    first, second = flower.new_password(), flower.new_password()
    assert first != second
    assert len(first) == 12


def test_a_password_that_was_not_set_is_printed_and_what_workers_do_not_answer_yet_is_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given: list[str] = []
    recorded = Recorded()
    monkeypatch.setattr(flower, "make_flower", lambda _, credentials: given.append(credentials) or recorded)
    monkeypatch.delenv("MIEN_FLOWER_PASSWORD", raising=False)
    log = logging.getLogger("flower.inspector")
    monkeypatch.setattr(log, "level", log.level)
    assert flower.main([]) == 0
    password = given[0].removeprefix("mien:")
    assert f"Flower's user is mien, its password {password}." in capsys.readouterr().out
    assert recorded.did == ["start_http_server", "start"]
    assert not log.isEnabledFor(logging.WARNING)


def test_a_wrong_setting_is_one_sentence_and_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MIEN_FLOWER_PORT", "0")
    assert flower.main([]) == 2
    assert "MIEN_FLOWER_PORT='0'" in capsys.readouterr().err
