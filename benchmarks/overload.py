"""Three times as many requests as the system can answer: who is accepted, how long that takes, what the rest is told.

    python -m benchmarks.overload [--times 3] [--seconds 40] [--detector lite]

First the capacity is measured with clients that wait for each answer, then an open loop offers a multiple of it. The
stated limit is `MIEN_SYNC_TIMEOUT_S`: a client that is accepted gets the result in the same answer. It is kept because
jobs are accepted only while the predicted wait is below `MIEN_MAX_INTERACTIVE_WAIT_S`, by default a third of it.
"""

import argparse
import asyncio
import statistics
import time
from collections import Counter

import psutil

from benchmarks.open_loop import Answer, PhotoClient, closed_loop, open_loop
from benchmarks.photos import face_photo
from benchmarks.system import System, running_system
from contracts.settings import Settings
from workers.periodic import Periodic

_CLIENTS = 16


class Memory:
    """How much memory each role has."""

    def __init__(self, system: System) -> None:
        """Find the processes of each role."""
        self._roles = {
            "gateway": [*system.gateway.children(recursive=True)],
            "worker": [*system.workers],
            "broker": [system.broker],
        }
        self.seen: list[dict[str, float]] = []

    def look(self) -> None:
        """Note it once."""
        self.seen.append({role: sum(map(_megabytes, members)) for role, members in self._roles.items()})


def _megabytes(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / 1e6


async def measure(system: System, times: float, seconds: float) -> tuple[float, list[Answer], Memory]:
    """Capacity in requests a second, what became of the offered load, and the memory meanwhile."""
    client = PhotoClient(system.address, face_photo())
    await closed_loop(client, _CLIENTS, 3)  # warm
    capacity = await closed_loop(client, _CLIENTS, 8)
    await asyncio.sleep(1)
    memory = Memory(system)
    with Periodic("memory", 1, memory.look):
        begun = time.perf_counter()
        answers = await open_loop(client, times * capacity, seconds)
        print(f"capacity {capacity:.0f} a second; offered {len(answers) / seconds:.0f} a second for {seconds:g} s;")
        print(f"the last answer came after {time.perf_counter() - begun:.1f} s")
    return capacity, answers, memory


def show(answers: list[Answer], seconds: float, limit: float) -> None:
    """Print counts, waits and whether the limit was kept."""
    print("\n| answer | count | a second | p50 | p99 | with Retry-After |\n| --- | ---: | ---: | ---: | ---: | --- |")
    for status, count in sorted(Counter(answer.status for answer in answers).items()):
        those = [answer for answer in answers if answer.status == status]
        waits = sorted(answer.seconds for answer in those)
        p99 = waits[min(len(waits) - 1, int(0.99 * len(waits)))]
        told = sorted({int(answer.retry_after) for answer in those if answer.retry_after})
        without = sum(not answer.retry_after for answer in those)
        span = f"{told[0]} to {told[-1]} s" + (f", {without} without" if without else "") if told else ""
        name = status or "connection broken"
        p50 = statistics.median(waits)
        print(f"| {name} | {count:,} | {count / seconds:.0f} | {p50 * 1000:.0f} ms | {p99 * 1000:.0f} ms | {span} |")
        if status < 300 and status:
            print(f"  accepted: p99 {p99:.2f} s, limit {limit:g} s: {'kept' if p99 <= limit else 'MISSED'}")


def show_course(answers: list[Answer], seconds: float) -> None:
    """Print how the accepted requests fared, by when they were sent."""
    parts = 8
    print("\nslowest accepted request, by when it was sent:")
    for part in range(parts):
        sent = answers[part * len(answers) // parts : (part + 1) * len(answers) // parts]
        slowest = max((answer.seconds for answer in sent if answer.status == 200), default=0.0)
        print(f"  from {part * seconds / parts:4.1f} s on: {slowest:.2f} s")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=float, default=3)
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--detector", default="", help="lite, haar, …; empty: the default")
    arguments = parser.parse_args()
    with running_system(detector=arguments.detector) as system:
        _, answers, memory = asyncio.run(measure(system, arguments.times, arguments.seconds))
    show(answers, arguments.seconds, Settings().sync_timeout_s)
    show_course(answers, arguments.seconds)
    print("\n| memory, MB | begin | middle | end | most |\n| --- | ---: | ---: | ---: | ---: |")
    for role in memory.seen[0]:
        line = [seen[role] for seen in memory.seen]
        print(f"| {role} | {line[0]:.0f} | {line[len(line) // 2]:.0f} | {line[-1]:.0f} | {max(line):.0f} |")


if __name__ == "__main__":
    main()
