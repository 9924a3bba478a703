"""The Redis key layout: every key that Mien writes itself is named here and nowhere else.

Broker Redis (append-only file on, ``noeviction``)::

    mien:job:{id}            hash    the job record; no TTL while open, `result_ttl_s` once finished
    mien:job:{id}:images     hash    index → bytes as uploaded; deleted when the job becomes final
    mien:job:{id}:annotated  hash    index → JPEG with boxes drawn, if asked for; lives as long as the result
    mien:job:{id}:once       string  name of the idempotency key that stands for the job
    mien:queued:{queue}      zset    id → when a job was accepted that waits in `interactive` or `bulk`; less 1e11 if it
                                     was begun before, and is for a process of its own
    mien:claimed:{owner}     string  ids of the jobs that one claim gave, until they are finished; seconds of TTL
    mien:jobs:open           zset    id → when the reconciler looks at it again, if it is still open
    mien:jobs:load           hash    what admission looks at: bytes of images of open jobs, also by queue and by client,
                                     with pixels and images, and images that wait
    mien:annotated:until     zset    id → when the job's annotated images expire
    mien:annotated:bytes     hash    id → bytes of the job's annotated images; `total`: of all jobs; by client
    mien:files:erasures      zset    minute → when something in the file has been deleted, or has expired
    mien:files:rewritten     string  when a rewrite of the file was asked for last
    mien:webhooks:due        zset    id of a final job → when its webhook is tried next
    mien:webhook:{id}        hash    attempts so far, and whether another one has been announced
    mien:webhooks:dead       hash    id → JSON: webhooks that were given up
    mien:webhooks:secret     string  signs webhooks of jobs without an API key; made at first need
    mien:webhooks:secrets    hash    id of an API key, or empty → JSON: secrets that sign its webhooks, and until when
    mien:live:secret         string  signs tokens for streams; made at first need
    mien:apikeys             hash    id → JSON: name, hashes, scopes, rate and end of an API key
    mien:apikeys:used        hash    id → when an API key was used last, to some seconds
    mien:audit               list    JSON, newest first: refused requests; 10,000 at most
    mien:audit:changes       list    JSON, newest first: what became of keys, erasures; 10,000 at most
    mien:audit:operations    list    JSON, newest first: what operators did beside that; 10,000 at most
    mien:refused:{hash}      string  of the id of a job that was refused, or erased while young: what is on its way
                                     still changes nothing; minutes of TTL
    mien:once:{hash}         string  idempotency key → "{id} {fingerprint of the request}"
    mien:jobs:done:{gateway} channel id and record of every job that became final while the gateway waited for it
    mien:erased              zset    hash of a job's id → when it was erased, for 30 days: no backup brings it back
    mien:restored:{backup}   string  when the backup was made that has been restored here; 30 days of TTL
    mien:restored:{backup}:parts  set  hashes of the ids of jobs that were put back from it, and of lines of the
                                     audit log; 30 days of TTL
    mien:lanes               hash    queue → since when it is paused; `drained`: since when no jobs are accepted
    mien:workers             hash    worker → what it says of itself, every few seconds
    mien:confirmed           string  written behind what has to be on a disk, or in a replica; a minute of TTL
    mien:networks            string  the plan of networks that all workers follow, and the plans before it (JSON)
    mien:counters            hash    Prometheus counters that many processes add to
    LIMITS:LIMITER/mien/*    list    times of a client's last requests, while rates are limited; named by `limits`
    interactive, bulk, live, webhooks  list    Celery's queues, named by kombu

Frame Redis (nothing on disk, ``volatile-ttl``; a server of its own in ``make up``)::

    mien:cameras             zset    camera → time of its last frame
    mien:frame:{camera}      hash    newest frame: epoch, sequence, captured_at, jpeg, options (JSON); seconds of TTL
    mien:newest:{camera}     string  epoch and sequence of the newest frame of the last hour
    mien:asked:{camera}      zset    requests for analysis in flight → when each is given up
    mien:taken:{camera}      hash    epoch and sequence of the newest frame that a worker has begun, and by key of those
                                     whose results were written last; a mark, without which none is written
    mien:faces:{camera}      hash    newest analysis: epoch, sequence, result (JSON) and state of the tracker
    mien:tracks:{camera}     string  epoch, and the number that the next new face will have; an hour of TTL
    mien:history:{camera}    stream  a sample of its faces a second, JSON, where its options ask for it; its retention
                                     of TTL
    mien:noted:{camera}      string  who was in view, and its state, when events were told last (JSON); an hour of TTL
    mien:events              stream  what happened before all cameras, JSON; its retention of TTL
    mien:events:sent         string  id of the last event that the webhook has been told, and which
    mien:events:sender       string  the worker that tells the webhook; seconds of TTL
    mien:restoring:{token}   stream  a history of a backup, or its events, until it takes its place; ten minutes of TTL
    mien:histories           zset    camera with a history → retention in s
    mien:observer            string  the worker that writes histories; seconds of TTL
    mien:camera:{camera}     string  how the camera is, said by whoever is responsible for it (JSON); ten seconds of TTL
    mien:cameras:known       zset    camera → when that was said last
    mien:read:{camera}       string  renewed by gateways whose clients read what the camera shows; seconds of TTL
    mien:view:{view}         hash    newest picture for viewers, of `{camera}` as `/video_feed` shows it by default,
                                     and of `{camera}:{variant}`; with its analysis, and when the next one is due
    mien:wanted:{camera}     zset    variant → until when gateways have viewers for it
    mien:watched:{camera}    string  the same of the view without options, for workers of versions before this one
    mien:sender:{camera}     string  which browser's connection sends as this camera; seconds of TTL
    mien:frames:{camera}     channel sequence number of every new frame
    mien:views:{camera}      channel sequence number of every frame that new views show, and their variants
    mien:results:{camera}    channel sequence number of every new analysis
"""

from typing import Final

OPEN_JOBS: Final = "mien:jobs:open"
CONFIRMED: Final = "mien:confirmed"
WEBHOOKS_DUE: Final = "mien:webhooks:due"
WEBHOOKS_DEAD: Final = "mien:webhooks:dead"
WEBHOOKS_SECRETS: Final = "mien:webhooks:secrets"
LIVE_SECRET: Final = "mien:live:secret"  # noqa: S105 - the key's name, not the secret
WEBHOOKS_SECRET: Final = "mien:webhooks:secret"  # noqa: S105 - the key's name, not the secret
API_KEYS: Final = "mien:apikeys"
API_KEYS_USED: Final = "mien:apikeys:used"
AUDIT: Final = "mien:audit"
AUDIT_CHANGES: Final = "mien:audit:changes"
AUDIT_OPERATIONS: Final = "mien:audit:operations"
ERASURES: Final = "mien:files:erasures"
REWRITTEN_AT: Final = "mien:files:rewritten"
ANNOTATED_UNTIL: Final = "mien:annotated:until"
ANNOTATED_BYTES: Final = "mien:annotated:bytes"
OPEN_LOAD: Final = "mien:jobs:load"
COUNTERS: Final = "mien:counters"
CAMERAS: Final = "mien:cameras"
EVENTS: Final = "mien:events"
EVENTS_SENT: Final = "mien:events:sent"
EVENTS_SENDER: Final = "mien:events:sender"
HISTORIES: Final = "mien:histories"
OBSERVER: Final = "mien:observer"
CAMERAS_KNOWN: Final = "mien:cameras:known"
ERASED: Final = "mien:erased"
LANES: Final = "mien:lanes"
WORKERS: Final = "mien:workers"
NETWORKS: Final = "mien:networks"


def job(job_id: str) -> str:
    """The job record."""
    return f"mien:job:{job_id}"


def queued(queue: str) -> str:
    """Jobs that wait, the oldest first."""
    return f"mien:queued:{queue}"


def claimed(owner: str) -> str:
    """The jobs that one claim gave."""
    return f"mien:claimed:{owner}"


def final_jobs_channel(gateway: str) -> str:
    """Tells one gateway of jobs that are final."""
    return f"mien:jobs:done:{gateway}"


def job_images(job_id: str) -> str:
    """The job's images, until it is finished."""
    return f"mien:job:{job_id}:images"


def job_annotated(job_id: str) -> str:
    """The job's images with boxes drawn."""
    return f"mien:job:{job_id}:annotated"


def job_once(job_id: str) -> str:
    """The job's note of its idempotency key."""
    return f"mien:job:{job_id}:once"


def refused(id_hash: str) -> str:
    """The note that a job was refused, or erased; see `contracts.storage.job_steps.refusal`."""
    return f"mien:refused:{id_hash}"


def restored(backup: str) -> str:
    """The note that this backup has been restored."""
    return f"mien:restored:{backup}"


def restored_parts(backup: str) -> str:
    """What of this backup has been restored, also if it is gone by now."""
    return f"mien:restored:{backup}:parts"


def restoring(token: str) -> str:
    """A stream of a backup that is not yet restored to its end."""
    return f"mien:restoring:{token}"


def webhook(job_id: str) -> str:
    """How far the delivery of the job's webhook has come."""
    return f"mien:webhook:{job_id}"


def idempotency(key_hash: str) -> str:
    """Which job an idempotency key stands for."""
    return f"mien:once:{key_hash}"


def frame(camera: str) -> str:
    """The camera's newest frame."""
    return f"mien:frame:{camera}"


def newest(camera: str) -> str:
    """The stamp of the camera's newest frame, also when that has expired."""
    return f"mien:newest:{camera}"


def requests(camera: str) -> str:
    """Requests for analysis of this camera that are in flight."""
    return f"mien:asked:{camera}"


def taken(camera: str) -> str:
    """The newest frame that a worker has begun."""
    return f"mien:taken:{camera}"


def faces(camera: str) -> str:
    """The camera's newest analysis."""
    return f"mien:faces:{camera}"


def tracks(camera: str) -> str:
    """The number of the camera's next new face, also when its newest analysis has expired."""
    return f"mien:tracks:{camera}"


def noted(camera: str) -> str:
    """What was seen of the camera when events were told last."""
    return f"mien:noted:{camera}"


def history(camera: str) -> str:
    """What the camera has shown."""
    return f"mien:history:{camera}"


def view(name: str) -> str:
    """The newest picture of a camera for viewers, or of a camera, a colon and a variant."""
    return f"mien:view:{name}"


def wanted(camera: str) -> str:
    """The variants in which viewers want to see the camera."""
    return f"mien:wanted:{camera}"


def watched(camera: str) -> str:
    """Present while at least one gateway has a viewer of this camera without options."""
    return f"mien:watched:{camera}"


def camera_status(camera: str) -> str:
    """How the camera is."""
    return f"mien:camera:{camera}"


def read(camera: str) -> str:
    """Present while somebody reads what the camera shows."""
    return f"mien:read:{camera}"


def frames_channel(camera: str) -> str:
    """Announces new frames."""
    return f"mien:frames:{camera}"


def views_channel(camera: str) -> str:
    """Announces new views."""
    return f"mien:views:{camera}"


def results_channel(camera: str) -> str:
    """Announces new analyses."""
    return f"mien:results:{camera}"


def sender(camera: str) -> str:
    """Which connection of a browser sends as this camera."""
    return f"mien:sender:{camera}"
