"""Nothing that is accepted is lost: the real stores, scripts and tasks, in thousands of orders, with faults between."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from simulation.patches import Broken
from simulation.run import REST_S, simulate
from support.broker import Broker

SEEDS = 60
"""So many, from the one on that is named, are enough to find each of the mistakes below."""

MISTAKES = {
    "a worker that lost its lease still writes": (15, Broken("finish", "if record.owner ~= ARGV[2] then return 0 end")),
    "a job is counted as often as it is sent": (
        2,
        Broken("create", "EXISTS', KEYS[1]) == 1 then return found", "EXISTS', '') == 1 then return found"),
    ),
    "begun jobs are claimed with others": (
        244,
        Broken("attempt", "if attempts > 0 and by.isolated ~= '1' then return 'isolated' end"),
    ),
    "a part of the images may come late": (
        50,
        Broken("put_part", "if redis.call('EXISTS', KEYS[1], KEYS[3]) > 0 then return 0 end"),
    ),
    "nobody is to be told that a job has ended": (5, Broken("finalize", "redis.call('ZADD', KEYS[4], now, id)")),
    "a replayed webhook is not tried": (
        69,
        Broken("webhook_replay", "redis.call('ZADD', KEYS[1], time_of(ARGV[2]), ARGV[1])"),
    ),
    "a webhook that is given up is tried again": (
        69,
        Broken("webhook_failed", "redis.call('ZREM', KEYS[1], ARGV[1])"),
    ),
    "erased annotated images count": (33, Broken("erase", "forget_annotated(KEYS[9], KEYS[10], ARGV[1])")),
    "an image that is drawn again counts twice": (
        407,
        Broken("keep_annotated", " - redis.call('HSTRLEN', KEYS[1], ARGV[2])"),
    ),
    "a job that is erased may be stored late": (114, Broken("erase", "if state and now -", "if false and now -")),
}
"""What is taken out of a script, and a seed that misses it."""


def test_no_order_of_steps_and_faults_breaks_a_promise(redis: Redis, first_seed: int, steps: int) -> None:
    done, jobs, seed = 0, 0, first_seed
    while done < steps:
        outcome = simulate(redis, seed)
        assert not outcome.story, f"{outcome.story}\n\nagain: pytest tests/simulation --simulation-seed {seed}"
        assert outcome.rest_s < REST_S
        done, jobs, seed = done + outcome.steps, jobs + outcome.jobs, seed + 1
    print(f"{done} steps, {jobs} jobs, {seed - first_seed} seeds")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A server with a file that does not wait for its disk: a slow one holds back what was answered (`everysec`)."""
    broker = Broker(tmp_path / "broker", appendfsync="no")
    yield broker
    broker.close()


def test_a_server_that_is_killed_and_starts_from_its_file_is_no_other(broker: Broker, steps_with_kills: int) -> None:
    kills, done, seed = list[int](), 0, 0

    def restart() -> None:
        kills.append(seed)
        broker.kill()
        broker.start()

    with broker.client() as redis:
        while done < steps_with_kills or not kills:
            outcome = simulate(redis, seed, restart=restart)
            assert not outcome.story, f"{outcome.story}\n\nwith kills of the server's process, seed {seed}"
            done, seed = done + outcome.steps, seed + 1
    print(f"{done} steps, {len(kills)} kills")


def test_the_same_seed_is_the_same_run(redis: Redis) -> None:
    assert simulate(redis, 5) == simulate(redis, 5)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found(redis: Redis, mistake: str) -> None:
    first_seed, broken = MISTAKES[mistake]
    runs = (simulate(redis, seed, broken) for seed in range(first_seed, first_seed + SEEDS))
    found = next(run for run in runs if run.story)
    assert found.violation, found.story
