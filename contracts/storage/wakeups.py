"""The Celery message that says "there is work in this queue", as it stands in Redis.

It is pushed by the step that stores a job, not by Celery, which would take a trip more and half a millisecond. A test
holds it against what the installed Celery sends.
"""

import base64
import json
import uuid
from typing import Any, Final

from contracts.queues import ANALYZE_JOBS, JOB_QUEUES

_ID: Final = "3f0c7a52-5f0e-4e56-8a39-51c9b0a3d1f6"
_TAG: Final = "9a4f6c1e-7d2b-4c0a-b6de-0f1a2b3c4d5e"
"""What stands in the templates for the id of a task, and for the tag by which its message is acknowledged."""


def wakeup(queue: str) -> str:
    """A message for one of `contracts.queues.JOB_QUEUES`, which no other is the same as."""
    return _TEMPLATES[queue].replace(_ID, str(uuid.uuid4())).replace(_TAG, str(uuid.uuid4()))


def _template(queue: str) -> str:
    arguments = [[queue], {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]
    headers: dict[str, Any] = {
        "lang": "py",
        "task": ANALYZE_JOBS,
        "id": _ID,
        "shadow": None,
        "eta": None,
        "expires": None,
        "group": None,
        "group_index": None,
        "retries": 0,
        "timelimit": [None, None],
        "root_id": _ID,
        "parent_id": None,
        "argsrepr": queue,
        "kwargsrepr": "",
        "origin": "mien",
        "ignore_result": True,
        "replaced_task_nesting": 0,
        "stamped_headers": None,
        "stamps": {},
    }
    properties: dict[str, Any] = {
        "correlation_id": _ID,
        "reply_to": "",
        "delivery_mode": 2,
        "delivery_info": {"exchange": "", "routing_key": queue},
        "priority": 0,
        "body_encoding": "base64",
        "delivery_tag": _TAG,
    }
    message = {
        "body": base64.b64encode(json.dumps(arguments).encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": headers,
        "properties": properties,
    }
    return json.dumps(message)


_TEMPLATES: Final = {queue: _template(queue) for queue in JOB_QUEUES}
