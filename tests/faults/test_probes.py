"""What probes say while parts are missing: no fault of another process takes a gateway out of its load balancer."""

import time

import pytest
import requests

from support.broker import Broker
from support.clocks import WaitFor
from support.faults import Measured
from support.pictures import astronaut_jpeg
from support.processes import StartGateway

GATEWAYS = 3
AT_ONCE_S = 2.0
"""Within which a request is refused, on a machine that has little time: less than one wait for Redis' answer."""


@pytest.mark.fault("While Redis is away, gateways stay in service and say so", "kill -9 of Redis under 3 gateways")
def test_gateways_stay_ready_without_workers_and_without_redis(
    broker: Broker, start_gateway: StartGateway, measured: Measured, wait_for: WaitFor
) -> None:
    urls = [f"http://127.0.0.1:{start_gateway(redis_url=broker.url)[1]}" for _ in range(GATEWAYS)]
    photo, headers = astronaut_jpeg(64), {"Content-Type": "image/jpeg"}

    def submit(url: str) -> requests.Response:
        return requests.post(f"{url}/v1/jobs", data=photo, headers=headers, timeout=30)

    def probes(url: str) -> list[int]:
        return [requests.get(url + path, timeout=30).status_code for path in ("/livez", "/readyz", "/healthz")]

    assert [submit(url).status_code for url in urls] == [202] * GATEWAYS, "jobs wait for the first worker"
    assert [probes(url) for url in urls] == [[200, 200, 503]] * GATEWAYS
    broker.kill()
    for url in urls:
        wait_for(lambda asked=url: submit(asked).status_code == 503, "requests to be refused")  # type: ignore[misc]
    refused = 0
    until = time.monotonic() + 5
    while time.monotonic() < until:
        for url in urls:
            began = time.monotonic()
            answer = submit(url)
            assert time.monotonic() - began < AT_ONCE_S
            assert (answer.status_code, answer.json()["code"]) == (503, "broker_unavailable")
            assert int(answer.headers["Retry-After"]) > 0
            assert probes(url) == [200, 200, 503]
            refused += 1
    broker.start()
    back = time.monotonic()
    for url in urls:
        wait_for(lambda asked=url: submit(asked).status_code == 202, "jobs to be accepted again")  # type: ignore[misc]
    measured({"refused": refused, "accepted": 2 * GATEWAYS}, time.monotonic() - back)
