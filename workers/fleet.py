"""Who shares what waits: a claim is a share of it."""

from contracts.storage.heartbeat import HeartbeatStore


class Fleet:
    """All workers, as they were some seconds ago."""

    def __init__(self, heartbeats: HeartbeatStore, own_threads: int) -> None:
        """Begin with this worker alone."""
        self._heartbeats, self._own_threads = heartbeats, own_threads
        self.threads = own_threads
        """Of all workers that analyse; `refresh` renews it, and the next."""
        self.batching = 1
        """Workers that analyse many images at once. They share with each other alone: the few images that a thread of
        another worker takes leave them enough."""

    def refresh(self) -> None:
        """Look who is there.

        Raises:
            BrokerUnavailable: Redis does not answer; what was known stays.
        """
        analysing = [worker for worker in self._heartbeats.live_workers() if worker.analyses]
        self.threads = max(self._own_threads, sum(worker.threads for worker in analysing))
        self.batching = max(1, sum(worker.batch_images > 0 for worker in analysing))
