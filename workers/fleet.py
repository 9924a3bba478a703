"""Who shares what waits: a claim is a share of it."""

from collections import Counter

from contracts.storage.heartbeat import HeartbeatStore


class Fleet:
    """All workers, as they were some seconds ago."""

    def __init__(self, heartbeats: HeartbeatStore, own_threads: int) -> None:
        """Begin with this worker alone."""
        self._heartbeats, self._own_threads = heartbeats, own_threads
        self.threads = own_threads
        """Of all workers that analyse; `refresh` renews it, and the next."""
        self._batching = Counter[str]()

    def batching(self, queue: str) -> int:
        """Workers that take many images of the queue at once; this one at least.

        They share with each other alone: the few images that a thread of another worker takes leave them enough.
        """
        return max(1, self._batching[queue])

    def refresh(self) -> None:
        """Look who is there.

        Raises:
            BrokerUnavailable: Redis does not answer; what was known stays.
        """
        analysing = [worker for worker in self._heartbeats.live_workers() if worker.analyses]
        self.threads = max(self._own_threads, sum(worker.threads for worker in analysing))
        batching = (worker for worker in analysing if worker.batch_images)
        self._batching = Counter(queue for worker in batching for queue in worker.queues.split(","))
