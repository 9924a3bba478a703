"""What becomes of jobs after they have ended: their webhooks are told, and what is erased leaves nothing."""

from collections.abc import Callable, Mapping
from typing import Any, Final

_PLACES: Final = ("due", "dead")


class Ending:
    """The part of the checker that looks at final jobs, and at what was erased."""

    def __init__(self, complain: Callable[[str], None]) -> None:
        """Tell `complain` what may never be."""
        self._complain = complain
        self.erasing: set[str] = set()
        """Ids of jobs that somebody has asked to be erased."""
        self.erasing_all = False
        """Whether somebody has asked for the erasure of all that are final."""
        self.erased: set[str] = set()
        """Ids of those that were final, and are gone."""
        self.told: dict[str, int] = {}
        """How often a receiver has heard of a job, by its id."""
        self.due: set[str] = set()
        """Jobs whose webhook is to be tried."""

    def received(self, message_id: str, told: Mapping[str, Any], *, heard: bool) -> None:
        """A receiver gets a webhook; `heard`: and counts it as received, whatever its sender hears."""
        job_id = told["id"]
        if message_id != f"msg_{job_id}":
            self._complain(f"the webhook of {job_id} has the id {message_id}")
        if not told["finished_at"]:
            self._complain(f"the webhook of {job_id} comes before it has ended: {told}")
        self.told[job_id] = self.told.get(job_id, 0) + heard

    def gone(self, job_id: str, *, final: bool) -> bool:
        """A record is gone. Returns whether it was erased, as somebody wanted."""
        if not final or not (self.erasing_all or job_id in self.erasing):
            return False
        self.erased.add(job_id)
        self.due.discard(job_id)
        return True

    def restored(self) -> None:
        """The server has gone back to an older state, in which other jobs are erased, and other webhooks due."""
        self.erased.clear()
        self.due.clear()

    def moved(self, job_id: str, before: str, after: str, *, final: bool) -> None:
        """A webhook is in another place: `due`, `dead`, both, or none."""
        if after not in ("", *_PLACES):
            self._complain(f"the webhook of {job_id} is in two places: {after}")
        (self.due.add if after == "due" else self.due.discard)(job_id)
        if not after and final and not self.told.get(job_id):
            self._complain(f"the webhook of {job_id} was {before or 'in no place'}, is in none, and nobody was told")
