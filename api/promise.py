"""Whether Redis can do what ``MIEN_DURABILITY`` promises, found out before the gateway accepts anything.

``python -m api.promise`` is the process that asks: address and promise come as JSON by its standard input, for the
address may have a password in it, and what it has found goes to its standard output.
"""

import json
import logging
import subprocess
import sys
from typing import Final

from contracts.errors import ConfigurationError
from contracts.settings import Durability, Settings

_COMMAND: Final = (sys.executable, *(["-P"] if sys.flags.safe_path else []), "-m", "api.promise")

logger = logging.getLogger(__name__)


def check_promise(settings: Settings) -> None:
    """Ask Redis, in a process of its own: what that imports is not to be in this one before gevent has changed it.

    Nothing of it stays, as multiprocessing's helper would: gunicorn's first process has its workers alone for children.

    Raises:
        ConfigurationError: Redis cannot, or does not say.
    """
    if settings.durability == "everysec":
        return
    asked = json.dumps([settings.redis_url, settings.durability])
    done = subprocess.run(_COMMAND, input=asked, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
    fault, warning = json.loads(done.stdout)
    if fault:
        raise ConfigurationError(fault, field="durability")
    if warning:
        logger.warning("%s", warning)


def ask(url: str, durability: Durability) -> tuple[str, str]:
    """What stands against it, and what the operator should know; both may be empty."""
    from contracts.storage.connections import connect
    from contracts.storage.durability import check_durability

    with connect(url, name="mien-gateway-start", max_connections=1) as redis:
        try:
            return "", check_durability(redis, durability)
        except ConfigurationError as error:
            return str(error), ""


if __name__ == "__main__":
    print(json.dumps(ask(*json.load(sys.stdin))))
