"""How many threads of all workers there are: a batch is a share of what waits."""

from contracts.storage.heartbeat import HeartbeatStore


class Fleet:
    """All workers, as they were some seconds ago."""

    def __init__(self, heartbeats: HeartbeatStore, own_threads: int) -> None:
        """Begin with this worker alone."""
        self._heartbeats, self._own_threads = heartbeats, own_threads
        self.threads = own_threads
        """Of all workers that analyse; `refresh` renews it."""

    def refresh(self) -> None:
        """Look who is there.

        Raises:
            BrokerUnavailable: Redis does not answer; what was known stays.
        """
        analysing = [worker.threads for worker in self._heartbeats.live_workers() if worker.analyses]
        self.threads = max(self._own_threads, sum(analysing))
