"""A demo that nobody watches rests, stays live all the same, and is there at once when somebody comes."""

import time

import requests
from redis import Redis

from contracts.settings import Settings
from contracts.storage.frames import FrameStore
from support.clocks import WaitFor
from support.processes import StartGateway, StartProcess, StartWorkers

FRAMES = 4
"""While so many come, at rest, the list of cameras is looked at, which wakes nobody."""


def test_a_demo_that_nobody_needs_rests_and_stays_live(
    redis: Redis,
    settings: Settings,
    start_process: StartProcess,
    start_gateway: StartGateway,
    start_workers: StartWorkers,
    wait_for: WaitFor,
) -> None:
    start_process("capture", camera_source="demo")
    _, port = start_gateway()
    start_workers()
    base, frames = f"http://127.0.0.1:{port}", FrameStore(redis, settings)

    def told() -> dict[str, object]:
        (camera,) = requests.get(f"{base}/v1/cameras", timeout=10).json()["cameras"]
        return dict(camera)

    def sequence() -> int:
        newest = frames.newest("camera")
        return newest.stamp.sequence if newest else 0

    def rate() -> float:
        """Frames a second, over ten frames or three seconds."""
        first, began = sequence(), time.monotonic()
        wait_for(lambda: sequence() >= first + 10 or time.monotonic() > began + 3, "frames")
        return (sequence() - first) / (time.monotonic() - began)

    wait_for(lambda: told()["state"] == "live", "the demo to be analysed")
    wait_for(lambda: rate() < 2, "it to rest")
    first, seen = sequence(), list[object]()

    def looked() -> bool:
        seen.append(told()["state"])
        return sequence() >= first + FRAMES

    wait_for(looked, "some frames")
    assert seen.count("live") > 0.9 * len(seen), "also on a machine that has little time"
    answer = requests.get(f"{base}/emotion_data", timeout=10).json()
    assert (answer["state"], len(answer["faces"])) == ("live", 1)
    wait_for(lambda: requests.get(f"{base}/emotion_data", timeout=10).ok and rate() > 5, "it to be awake")
