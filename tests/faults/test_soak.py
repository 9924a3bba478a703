"""Mixed load for half an hour, and every twenty seconds a fault: all is accounted for, and nothing grows.

``make soak`` runs it. ``MINUTES=2`` is enough to see that it works; ``SEED=1`` is another order of faults.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import pytest

from soak import faults
from soak.clients import Client, watch
from soak.history import History
from soak.memory import MemoryRecord
from soak.site import Site
from soak.stock import erase_ended, key_names, outcome_of, undelivered, used_bytes
from support.broker import Broker
from support.clocks import wait_for
from support.faults import Measured
from support.ledger import Account, Ledger
from support.processes import StartProcess
from support.receiver import Receiver
from support.redis_proxy import RedisProxy

EVERY_S = 20.0
CLIENTS = 6
TTL_S = 120
"""Of results and idempotency keys: short, so that what is kept is constant after two minutes."""
REST_S = 300
"""After which nothing is left: a webhook may have failed four times, and what has ended lives for TTL_S."""
MOST_GROWTH = 0.05
BROKER_BYTES = 500_000
"""By which the broker's memory may differ without jobs: buffers of connections, times of rewrites of its file."""
SPARED = ("gateway-0", "worker-0")
"""No fault ends these, so that there is a process of each role that grows old."""
LIKE_AGE_S = (30.0, 60.0)
SETTINGS: dict[str, object] = {
    "lease_s": 5,
    "requeue_after_s": 5,
    "result_ttl_s": TTL_S,
    "idempotency_ttl_s": TTL_S,
    "webhook_networks": "127.0.0.0/8",
    "camera_source": "demo",
    "camera_fps": 4,
}


@pytest.fixture
def site(broker: Broker, proxy: RedisProxy, start_process: StartProcess) -> Site:
    """Two gateways, two workers and a camera behind a proxy."""
    settings = SETTINGS | {"redis_url": proxy.url}
    roles = [("gateway-0", "api"), ("gateway-1", "api"), ("worker-0", "workers"), ("worker-1", "workers")]
    return Site(broker, start_process, [*roles, ("capture-1", "capture")], settings)


@contextmanager
def in_threads(*works: Callable[[threading.Event], object]) -> Iterator[None]:
    """All of these run until the block ends; what one of them raises is raised after that."""
    stop = threading.Event()
    with ThreadPoolExecutor(len(works)) as pool:
        ends = [pool.submit(work, stop) for work in works]
        try:
            yield
        finally:
            stop.set()
    for end in ends:
        end.result()


@pytest.mark.slow_fault
@pytest.mark.timeout(0)
@pytest.mark.fault("All is accounted for, and memory does not grow", "mixed load, and a fault of 13 kinds every 20 s")
def test_nothing_is_lost_and_nothing_grows(
    site: Site,
    proxy: RedisProxy,
    receiver: Receiver,
    photos: list[bytes],
    measured: Measured,
    tmp_path: Path,
    soak_minutes: float,
    soak_seed: int,
) -> None:
    redis, history, seconds = site.broker.client(), History(), 60 * soak_minutes
    site.wait_until_ready(redis)
    outcomes = [outcome_of(site.urls[0], photo, receiver.url) for photo in photos]
    wait_for(lambda: not undelivered(redis), "webhooks to be delivered")
    wait_for(lambda: redis.exists("mien:faces:camera"), "the camera's picture to be analysed")
    erase_ended(site.broker.url)
    bytes_before, keys_before = used_bytes(redis), key_names(redis)
    print(f"at rest: {bytes_before:,} bytes, {dict(keys_before)}")

    injector = faults.Injector(site, proxy, redis, receiver)
    history.broker_kills = injector.broker_kills
    clients = [
        Client(f"client-{n}", 100 * soak_seed + n, site.urls, photos, outcomes, receiver.url, history)
        for n in range(CLIENTS)
    ]
    planned = list(faults.order(soak_seed, int(seconds / EVERY_S)))
    end = time.monotonic() + seconds
    with MemoryRecord(site) as memory:
        load = [*(client.run for client in clients), lambda stop: watch(site.urls[0], history, stop)]
        with in_threads(*load), in_threads(lambda stop: faults.run(injector, planned, EVERY_S, stop)):
            while time.monotonic() < end and not history.violations and not site.ended():
                time.sleep(1)  # the length of the soak; nothing is waited for
    assert history.violations == []
    assert site.ended() == []
    print(dict(history.counts))
    window_s = seconds / 10
    growth = memory.growth(warm_s=min(300.0, 2 * window_s), window_s=window_s)
    print(f"growth of those that were never ended: {growth}")
    like_age = memory.by_age(LIKE_AGE_S)
    for role, megabytes in like_age.items():
        print(f"{role} at an age of {LIKE_AGE_S} s, MB: {[round(value, 1) for value in megabytes]}")

    account = Account(redis, Ledger(site.urls[0], photos))
    wait_for(lambda: not account.left_over(), "open jobs, their images and places to be gone", REST_S)
    wait_for(lambda: not undelivered(redis), "webhooks to be delivered", REST_S)
    untold = history.untold({headers["webhook-id"] for headers, _ in receiver.received})
    assert untold == [], "webhooks that never came"
    erase_ended(site.broker.url)
    wait_for(lambda: key_names(redis) <= keys_before, f"keys to be gone: {key_names(redis)}", REST_S)
    bytes_after = used_bytes(redis)
    print(f"at rest: {bytes_after:,} bytes, {dict(key_names(redis))}")
    assert site.ended() == []
    assert [log.name for log in tmp_path.glob("*.log") if "Traceback" in log.read_text(errors="replace")] == []

    recoveries = history.recoveries([at for at, _ in injector.ended])
    print(f"recovered after {median(recoveries):.1f} s, at most {max(recoveries):.1f} s")
    counted = {name: history.counts[name] for name in ("accepted", "succeeded", "canceled", "lost", "uncertain")}
    percent = {f"% growth of {name}": round(100 * growth[name], 1) for name in SPARED}
    measured({"minutes": soak_minutes, "faults": len(injector.ended), **counted, **percent}, max(recoveries))
    assert max(growth[name] for name in SPARED) < MOST_GROWTH
    assert bytes_after < bytes_before * (1 + MOST_GROWTH) + BROKER_BYTES
