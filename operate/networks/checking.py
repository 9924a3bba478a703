"""Whether a plan can be served, before anything is changed."""

from collections.abc import Sequence

from contracts.errors import ConfigurationError
from contracts.networks import NetworkPlan
from contracts.results import NO_MODEL
from contracts.storage.heartbeat import WorkerReport


def check_plan(plan: NetworkPlan, workers: Sequence[WorkerReport]) -> None:
    """Do nothing if every live worker that follows plans has all networks of this one.

    Raises:
        ConfigurationError: names the workers that lack one, what they lack, and what they have.
    """
    if workers and all(worker.model == NO_MODEL for worker in workers):
        raise ConfigurationError("No worker reads expressions (MIEN_FACES_ONLY): nothing was changed.")
    lacking = list[str]()
    for worker in workers:
        if worker.plan_epoch is None or worker.model == NO_MODEL:
            continue  # of a version that follows none, or without networks: it goes on as it does
        offered = {*worker.offers, *worker.serves}
        if missing := plan.networks - offered:
            lacking.append(
                f"worker {worker.name} on {worker.host} cannot serve {', '.join(sorted(missing))}, only "
                f"{', '.join(sorted(offered))}"
            )
    if lacking:
        raise ConfigurationError(
            f"Nothing was changed: {'; '.join(lacking)}. A network needs its card and its file in every worker's "
            "models/weights or MIEN_NETWORKS_FOLDER, the form for its MIEN_RUNTIME and the head for its MIEN_LABELS."
        )
