"""Which network reads what: the plan that is in force, its networks loaded, and the change to another one in between.

A change is loaded beside the work that goes on. What has been begun is finished with the networks with which it was
begun; only then this worker reports that it works by the new plan.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from contracts.errors import ConfigurationError, MienError, RecordUnreadable
from contracts.jobs import Job
from contracts.networks import NetworkPlan, NetworkRecord, assign, format_weights, is_drawn, parse_weights
from contracts.results import NO_MODEL
from contracts.settings import Settings
from contracts.storage.networks import NetworkStore

if TYPE_CHECKING:
    from models import Analyzer
    from models.runtimes import Acceleration

logger = logging.getLogger(__name__)

TRY_AGAIN_S: Final = 10.0
"""So long after a network could not be loaded it is tried again: its file may have been replaced."""


def first_network(settings: Settings) -> str:
    """The first network of ``MIEN_MODEL``: its name or the path of its card; empty for the default.

    It stays loaded: it is what a worker falls back to.
    """
    first = next(iter(parse_weights(settings.model)), "")
    return str(offered_networks(settings).get(first, first))


def offered_networks(settings: Settings) -> Mapping[str, Path]:
    """The networks that this worker could answer with, and where their cards are."""
    from models.catalog import find_networks  # loads NumPy, for which a worker of webhooks alone has no use
    from models.weights import WEIGHTS

    folders = [WEIGHTS, Path(settings.networks_folder)] if settings.networks_folder else [WEIGHTS]
    return find_networks(folders, settings.runtime, settings.labels)


def acceleration(settings: Settings) -> "Acceleration":
    """How all networks of a worker use its device: what they have in common is made once for each such answer."""
    from models.runtimes import Acceleration

    return Acceleration(settings.precision, settings.batch_images, settings.gpu_memory_share)


class InForce:
    """A plan with its networks, loaded. Does not change."""

    def __init__(self, epoch: int, plan: NetworkPlan, analyzers: "Mapping[str, Analyzer]") -> None:
        """Take the plan.

        Args:
            epoch: of the plan's record.
            plan: with weights.
            analyzers: of all networks in the plan, by name.
        """
        self.epoch, self.plan, self.analyzers = epoch, plan, analyzers
        self.users = 0
        """Tasks that work by it; `Networks` counts them."""

    def of_job(self, job: Job) -> "Analyzer":
        """Who reads all images of this job, also when it is tried again."""
        return self.analyzers[self.plan.keys.get(job.client) or assign(self.plan.weights, job.id)]

    def of_camera(self, camera: str) -> "Analyzer":
        """Who reads the frames of this camera."""
        return self.analyzers[assign(self.plan.weights, camera)]

    def shadow_of(self, identity: str) -> "Analyzer | None":
        """Who reads this image a second time, if anybody does."""
        shadow = self.plan.shadow
        return self.analyzers[shadow.network] if shadow and is_drawn(identity, shadow.share) else None


class NetworksReport(NamedTuple):
    """What the heartbeat says of them."""

    plan_epoch: int
    serves: dict[str, int]
    offers: list[str]
    error: str
    failed_epoch: int


class Networks:
    """Follows the plan that is set for all workers. Thread-safe."""

    def __init__(
        self,
        analyzer: "Analyzer",
        settings: Settings,
        store: NetworkStore,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with one network; `load_own` loads the others of ``MIEN_MODEL``.

        Args:
            analyzer: with the first network of ``MIEN_MODEL``, or with none.
            settings: of this worker.
            store: where the plan of all workers is.
            clock: gives seconds, and never goes back.
        """
        self._analyzer, self._settings, self._store, self._clock = analyzer, settings, store, clock
        self._own = {analyzer.model_name: 1}
        self._lock, self._following = threading.Lock(), threading.Lock()
        self._current = InForce(0, NetworkPlan(weights=self._own), {analyzer.model_name: analyzer})
        self._retired = list[InForce]()
        self._tried, self._tried_at = 0, 0.0
        self._heard, self._told = False, (0, "", 0)
        self.error = ""
        """Why the plan that is set is not served."""

    def load_own(self) -> None:
        """Load what ``MIEN_MODEL`` names beside the first network.

        Raises:
            ConfigurationError: a network that is missing, damaged, or has not the head that is wanted.
        """
        named = parse_weights(self._settings.model)
        if len(named) < 2 or self._analyzer.model_name == NO_MODEL:
            return
        first, *others = named
        analyzers = {self._analyzer.model_name: self._analyzer}
        self._own = {self._analyzer.model_name: named[first]}
        for name in others:
            analyzer = self._load(str(self._offered.get(name, name)))
            if analyzer.model_name in analyzers:
                raise ConfigurationError(f"MIEN_MODEL names the network {analyzer.model_name} twice.")
            analyzers[analyzer.model_name] = analyzer
            self._own[analyzer.model_name] = named[name]
        self._current = InForce(0, NetworkPlan(weights=self._own), analyzers)

    @contextmanager
    def held(self) -> Iterator[InForce]:
        """The plan in force, which stays it for this task until the block ends.

        A plan that cannot be read leaves in force the one before, or ``MIEN_MODEL``, and is told in the heartbeat.

        Raises:
            BrokerUnavailable: which plan is set has not been heard yet, and Redis does not answer.
        """
        if not self._heard:
            self.follow()
        with self._lock:
            current = self._current
            current.users += 1
        try:
            yield current
        finally:
            with self._lock:
                current.users -= 1

    def follow(self) -> bool:
        """Look which plan is set, and change to it if it is another one.

        A plan that cannot be read, or a network that cannot be loaded, leaves the plan before in force; it is tried
        again.

        Returns:
            Whether what this worker reports has changed since the last look.

        Raises:
            BrokerUnavailable: the plan that is known stays in force.
        """
        with self._following:
            try:
                record = self._store.read()
            except RecordUnreadable as error:
                self._failed(str(error))
                self._tried = 0  # of which epoch it is cannot be read either
            else:
                self._consider(record)
            self._heard = True
            self._let_go()
            told, self._told = self._told, (self.report_epoch, self.error, self.failed_epoch)
            return told != self._told

    @property
    def report_epoch(self) -> int:
        """Of the oldest plan by which this worker still works."""
        with self._lock:
            return next((plan.epoch for plan in self._retired if plan.users), self._current.epoch)

    @property
    def failed_epoch(self) -> int:
        """Of the plan that `error` is about."""
        return self._tried if self.error else 0

    @property
    def report(self) -> NetworksReport:
        """For the heartbeat."""
        serves = dict(self._current.plan.weights)
        return NetworksReport(self.report_epoch, serves, list(self._offered), self.error, self.failed_epoch)

    @property
    def main_name(self) -> str:
        """The network with the greatest weight; one of those that are the same."""
        weights = self._current.plan.weights
        return max(weights, key=weights.__getitem__)

    def _consider(self, record: NetworkRecord) -> None:
        if record.epoch != self._current.epoch and not self._waits(record):
            self._change_to(record)
        elif record.epoch == self._current.epoch:
            self.error = ""  # whoever set the plan that failed took it back

    def _failed(self, why: str) -> None:
        if why != self.error:
            logger.error("the plan of networks that was set is not served, the one before stays in force: %s", why)
        self.error = why

    def _waits(self, record: NetworkRecord) -> bool:
        """Whether this plan failed a moment ago."""
        return record.epoch == self._tried and self._clock() < self._tried_at + TRY_AGAIN_S

    def _change_to(self, record: NetworkRecord) -> None:
        self._tried, self._tried_at = record.epoch, self._clock()
        try:
            plan, analyzers = self._loaded(record.plan)
        except Exception as error:
            why = str(error) if isinstance(error, MienError) else f"{type(error).__name__}: {error}"
            self._failed(why)
            return
        new = InForce(record.epoch, plan, analyzers)
        with self._lock:
            old, self._current = self._current, new
            self._retired.append(old)
        self.error = ""
        logger.info("networks in force: %s (%s)", format_weights(plan.weights), record.change or "MIEN_MODEL")

    def _loaded(self, plan: NetworkPlan) -> "tuple[NetworkPlan, Mapping[str, Analyzer]]":
        """The plan as it is served here, and its networks; those that are in force already are not loaded again."""
        if self._analyzer.model_name == NO_MODEL:
            return NetworkPlan(weights={NO_MODEL: 1}), {NO_MODEL: self._analyzer}
        plan = plan if plan.weights else plan.model_copy(update={"weights": self._own})
        there, offered = self._current.analyzers, self._offered
        loaded: dict[str, Analyzer] = {}
        for name in sorted(plan.networks):
            if name == self._analyzer.model_name:
                loaded[name] = self._analyzer
            elif name in there:
                loaded[name] = there[name]
            else:
                loaded[name] = self._load(str(offered.get(name, name)))
        return plan, loaded

    def _load(self, name: str) -> "Analyzer":
        from models.classification import load_classifier

        how = acceleration(self._settings)
        classifier = load_classifier(name, runtime=self._settings.runtime, acceleration=how)
        analyzer = self._analyzer.reading_with(classifier)
        classifier.prepare(self._settings.worker_threads)
        return analyzer

    def _let_go(self) -> None:
        """Forget plans by which nobody works any more, and with them networks that no other plan has."""
        with self._lock:
            self._retired = [plan for plan in self._retired if plan.users]

    @property
    def _offered(self) -> Mapping[str, Path]:
        return {} if self._analyzer.model_name == NO_MODEL else offered_networks(self._settings)
